"use client";
import { type ReactNode, useActionState, useEffect, useRef } from "react";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { Notice } from "../../_ui/notice.tsx";
import { type FormAction, untouched } from "./form-state.ts";
import { PasswordField } from "./password-field.tsx";

export type FieldSpec = {
  name: string;
  label: string;
  type: "text" | "email" | "password";
  autoComplete: string;
  hint?: string;
  value?: string;
  /** Shown and sent, and not to be changed. */
  fixed?: boolean;
};

/**
 * A form of the account pages. Without script it is sent and shown again by the server; with it, the first wrong
 * field takes the focus.
 */
export function AccountForm({
  action,
  fields,
  hidden = {},
  username,
  submit,
  sending,
  showLabel,
  hideLabel,
  wide = false,
  children,
}: {
  action: FormAction;
  fields: FieldSpec[];
  hidden?: Record<string, string>;
  /** Tells a password manager whose password this is, where no field does. */
  username?: string;
  submit: string;
  sending: string;
  showLabel: string;
  hideLabel: string;
  /** The button as wide as the fields: for pages that are nothing but this form. */
  wide?: boolean;
  children?: ReactNode;
}) {
  const [state, send, pending] = useActionState(action, untouched);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.answer > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer]);
  const firstWrong = fields.find((field) => state.errors?.[field.name] !== undefined)?.name;
  return (
    <form ref={form} action={send} noValidate className="grid gap-5">
      {state.notice ? <Notice tone={state.notice.tone}>{state.notice.text}</Notice> : null}
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {username ? (
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      ) : null}
      {fields.map(({ value, fixed, ...field }) => {
        const common = {
          ...field,
          required: true,
          error: state.errors?.[field.name],
          // For browsers without script; with it, the effect above does the same.
          autoFocus: field.name === firstWrong,
        };
        return field.type === "password" ? (
          <PasswordField key={field.name} {...common} showLabel={showLabel} hideLabel={hideLabel} />
        ) : (
          <Field
            key={field.name}
            {...common}
            readOnly={fixed}
            className="read-only:bg-raised"
            defaultValue={state.values?.[field.name] ?? value}
            autoCapitalize={field.type === "email" ? "none" : undefined}
            spellCheck={false}
          />
        );
      })}
      {children}
      <Button
        type="submit"
        variant="primary"
        aria-disabled={pending}
        className={wide ? "w-full" : "justify-self-start"}
      >
        {pending ? sending : submit}
      </Button>
    </form>
  );
}
