/** What a form shows after it was sent. Passwords are never among the values that come back. */
export type FormState = {
  /** Changes with every answer, so that the same error twice takes the focus twice. */
  answer: number;
  notice?: { tone: "good" | "bad"; text: string };
  errors?: Record<string, string>;
  values?: Record<string, string>;
};

export const untouched: FormState = { answer: 0 };

export type FormAction = (state: FormState, data: FormData) => Promise<FormState>;
