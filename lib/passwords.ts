/** What a password must be, in one place for every door that takes one. Lengths are in characters as people count. */
export const passwordMin = 10;
export const passwordMax = 200;

export type PasswordProblem = "short" | "long" | "email";

/** `undefined` when a password may be used. Length is what resists guessing; rules about signs only annoy. */
export function passwordProblem(password: string, email: string): PasswordProblem | undefined {
  const length = password.normalize("NFKC").length;
  if (length < passwordMin) return "short";
  if (password.length > passwordMax) return "long";
  const plain = password.trim().toLowerCase();
  const address = email.trim().toLowerCase();
  return plain === address || plain === address.split("@")[0] ? "email" : undefined;
}
