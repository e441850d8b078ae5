"use client";
import { useActionState, useEffect, useRef } from "react";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Notice } from "../../../_ui/notice.tsx";
import { CopyButton } from "../../_ui/copy-button.tsx";
import { type InviteAnswer, invite } from "../actions.ts";

export type InviteWords = Record<
  "email" | "emailHint" | "role" | "create" | "sending" | "link" | "linkHint" | "copy" | "copied",
  string
>;

const none: InviteAnswer = { answer: 0 };

export function InviteForm({ w, roles }: { w: InviteWords; roles: { value: string; label: string }[] }) {
  const [state, send, pending] = useActionState(invite, none);
  const form = useRef<HTMLFormElement>(null);
  const link = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (state.answer === 0) return;
    if (state.link !== undefined) link.current?.select();
    else form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer, state.link]);
  return (
    <div className="grid gap-4">
      {state.notice ? <Notice tone={state.notice.tone}>{state.notice.text}</Notice> : null}
      <form ref={form} action={send} noValidate className="grid items-start gap-4 lg:grid-cols-2">
        <Field
          name="email"
          type="email"
          label={w.email}
          hint={w.emailHint}
          error={state.errors?.email}
          defaultValue={state.values?.email}
          autoComplete="off"
          autoCapitalize="none"
        />
        <SelectField
          // A select keeps its first default through React's reset of a sent form; a new key gives it the new one.
          key={state.answer}
          name="role"
          label={w.role}
          options={roles}
          defaultValue={state.values?.role ?? "member"}
        />
        <Button
          type="submit"
          variant="primary"
          aria-disabled={pending}
          className="justify-self-start lg:col-span-2"
        >
          {pending ? w.sending : w.create}
        </Button>
      </form>
      {state.link === undefined ? null : (
        <div className="flex flex-wrap items-start gap-2 rounded-lg border border-good/30 bg-good/10 p-4">
          <div className="min-w-0 flex-1 basis-64">
            <Field ref={link} label={w.link} hint={w.linkHint} value={state.link} readOnly />
          </div>
          <CopyButton text={state.link} copy={w.copy} copied={w.copied} className="sm:mt-[1.625rem]" />
        </div>
      )}
    </div>
  );
}
