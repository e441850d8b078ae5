"use client";
import { useActionState } from "react";
import { Button, type ButtonVariant } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { w } from "#lib/words/shares.ts";
import { actOnShare, removeShare, type ShareFormState } from "../actions.ts";

const none: ShareFormState = { answer: 0 };
const acts = { revoke: actOnShare, renew: actOnShare, remove: removeShare } as const;

/** One thing that can be done to a share, with what it means below it. */
export function Act({
  id,
  act,
  hint,
  variant = "quiet",
}: {
  id: string;
  act: keyof typeof acts;
  hint: string;
  variant?: ButtonVariant;
}) {
  const [state, send, pending] = useActionState(acts[act], none);
  return (
    <form action={send} className="grid content-start gap-2">
      {state.notice === undefined ? null : <Notice tone={state.notice.tone}>{state.notice.text}</Notice>}
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="act" value={act} />
      <Button type="submit" variant={variant} aria-disabled={pending} className="justify-self-start">
        {w(act)}
      </Button>
      <p className="max-w-prose text-sm text-muted">{hint}</p>
    </form>
  );
}
