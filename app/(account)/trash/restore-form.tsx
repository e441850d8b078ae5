"use client";
import { RotateCcw } from "lucide-react";
import { type ReactNode, useActionState, useEffect, useRef } from "react";
import { Button } from "../../_ui/button.tsx";
import { Notice } from "../../_ui/notice.tsx";
import { type FormAction, untouched } from "../_ui/form-state.ts";

/**
 * The form around the list of the trash, whose rows carry checkboxes. Without script it is sent and shown again by the
 * server; with it, one more checkbox ticks them all, and the answer takes the focus.
 */
export function RestoreForm({
  action,
  empty,
  selectAll,
  restore,
  sending,
  children,
}: {
  action: FormAction;
  /** Nothing to tick. */
  empty: boolean;
  selectAll: string;
  restore: string;
  sending: string;
  children: ReactNode;
}) {
  const [state, send, pending] = useActionState(action, untouched);
  const form = useRef<HTMLFormElement>(null);
  const all = useRef<HTMLInputElement>(null);
  const answer = useRef<HTMLDivElement>(null);

  const boxes = (): HTMLInputElement[] =>
    Array.from(form.current?.querySelectorAll<HTMLInputElement>("input[name=ids]") ?? []);

  const recount = (): void => {
    if (all.current === null) return;
    const rows = boxes();
    const ticked = rows.filter((row) => row.checked).length;
    all.current.checked = ticked > 0 && ticked === rows.length;
    all.current.indeterminate = ticked > 0 && ticked < rows.length;
  };

  // After every render: an answer empties the form, and a refreshed list holds other rows.
  useEffect(recount);

  // The rows that were ticked are gone; without this the keyboard may start again at the top.
  useEffect(() => {
    if (state.answer > 0) answer.current?.focus();
  }, [state.answer]);

  // Not React's onChange: it stays silent for a box that was ticked before the form was emptied.
  useEffect(() => {
    const list = form.current;
    const tick = (event: MouseEvent): void => {
      if (event.target === all.current)
        for (const row of boxes()) row.checked = all.current?.checked === true;
      else if (event.target instanceof HTMLInputElement) recount();
    };
    list?.addEventListener("click", tick);
    return () => list?.removeEventListener("click", tick);
  });

  return (
    <form ref={form} action={send} className="grid grid-cols-1 gap-4">
      {/* Focusable, so that what was done is the next thing that is read. */}
      <div ref={answer} tabIndex={-1} className="rounded-lg empty:hidden">
        {state.notice ? <Notice tone={state.notice.tone}>{state.notice.text}</Notice> : null}
      </div>
      {empty ? null : (
        <div className="z-10 -mx-1 flex flex-wrap items-center justify-between gap-2 bg-page px-1 py-2 tall:sticky tall:top-14">
          <label className="inline-flex min-h-10 cursor-pointer items-center gap-3 border border-transparent px-3 text-sm sm:px-4 noscript:hidden">
            <input ref={all} type="checkbox" className="size-4.5" />
            {selectAll}
          </label>
          <Button type="submit" variant="primary" aria-disabled={pending}>
            <RotateCcw aria-hidden className="size-4" />
            {pending ? sending : restore}
          </Button>
        </div>
      )}
      {children}
    </form>
  );
}
