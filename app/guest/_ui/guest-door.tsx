"use client";
import { useActionState, useEffect, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { labelMax } from "#lib/shares/rules.ts";
import { w } from "#lib/words/share.ts";
import { enterGuest, type GuestDoorState } from "../actions.ts";

const closed: GuestDoorState = { answer: 0 };

/** Asks who comes, if they like to say, and for the password if there is one. */
export function GuestDoor({ token, needsPassword }: { token: string; needsPassword: boolean }) {
  const [state, send, pending] = useActionState(enterGuest, closed);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.answer > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer]);
  return (
    <form ref={form} action={send} noValidate className="grid gap-5">
      {state.notice === undefined ? null : <Notice tone="bad">{state.notice}</Notice>}
      <input type="hidden" name="token" value={token} />
      <Field
        name="name"
        label={w("guestName")}
        hint={w("guestNameHint")}
        maxLength={labelMax}
        autoComplete="name"
        defaultValue={state.name}
      />
      {needsPassword ? (
        <Field
          name="password"
          type="password"
          label={w("doorPassword")}
          error={state.error}
          autoComplete="off"
          required
        />
      ) : null}
      <Button type="submit" variant="primary" aria-disabled={pending} className="w-full">
        {pending ? w("doorOpening") : w("guestEnter")}
      </Button>
    </form>
  );
}
