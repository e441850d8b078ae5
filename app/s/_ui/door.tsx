"use client";
import { useActionState, useEffect, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { w } from "#lib/words/share.ts";
import { type DoorState, enterShare } from "../actions.ts";

const closed: DoorState = { answer: 0 };

/** Asks for the password, or, where visits are counted, for a click: programs that look at links do neither. */
export function Door({ token, needsPassword }: { token: string; needsPassword: boolean }) {
  const [state, send, pending] = useActionState(enterShare, closed);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.answer > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer]);
  return (
    <form ref={form} action={send} noValidate className="grid gap-5">
      {state.notice === undefined ? null : <Notice tone="bad">{state.notice}</Notice>}
      <input type="hidden" name="token" value={token} />
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
        {pending ? w("doorOpening") : w("doorOpen")}
      </Button>
    </form>
  );
}
