"use client";
import { type ReactNode, useActionState, useEffect, useRef, useState } from "react";
import { w } from "#lib/words/admin.ts";
import type { Outcome } from "../actions.ts";
import { BulkBar, type Offered } from "./bulk-bar.tsx";

type Props = {
  action: (before: Outcome | undefined, form: FormData) => Promise<Outcome>;
  offered: Offered;
  /** Nothing to select. */
  empty: boolean;
  children: ReactNode;
};

const boxes = (form: HTMLFormElement | null): HTMLInputElement[] =>
  Array.from(form?.querySelectorAll<HTMLInputElement>('input[name="ids"]') ?? []);

function tickBetween(rows: HTMLInputElement[], from: number, to: number): void {
  if (from < 0) return;
  for (const row of rows.slice(Math.min(from, to), Math.max(from, to) + 1))
    row.checked = rows[to]?.checked === true;
}

/**
 * The form around a list whose rows carry checkboxes: counts them, selects a range with Shift, and sends the chosen
 * ids with the button that was pressed. Without JavaScript it is that form still.
 */
export function Selection({ action, offered, empty, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const whole = useRef<HTMLInputElement>(null);
  const last = useRef<HTMLInputElement>(null);
  const status = useRef<HTMLParagraphElement>(null);
  /** Unknown on the server, which must not disable what may well be selected. */
  const [count, setCount] = useState<number>();
  const [outcome, submit, pending] = useActionState(action, undefined);

  const recount = (): void => {
    const rows = boxes(form.current);
    const checked = rows.filter((box) => box.checked).length;
    setCount(checked);
    if (whole.current === null) return;
    whole.current.checked = checked > 0 && checked === rows.length;
    whole.current.indeterminate = checked > 0 && checked < rows.length;
  };

  // After every render: an answer empties the form, and a refreshed list holds other rows.
  useEffect(recount);

  // The button that was pressed is gone with the selection; without this the keyboard starts again at the top.
  useEffect(() => {
    if (outcome !== undefined) status.current?.focus({ preventScroll: true });
  }, [outcome]);

  // Not React's onChange: it stays silent for a box that was ticked before the form was emptied.
  useEffect(() => {
    const list = form.current;
    const pick = (event: MouseEvent): void => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
      const rows = boxes(list);
      const to = rows.indexOf(box);
      if (to < 0) for (const row of rows) row.checked = box.checked;
      else if (event.shiftKey && last.current !== null) tickBetween(rows, rows.indexOf(last.current), to);
      last.current = to < 0 ? null : box;
      setCount(rows.filter((row) => row.checked).length);
    };
    // Enter in a checkbox would press a button of the form, and change what is selected.
    const stay = (event: KeyboardEvent): void => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
    };
    list?.addEventListener("click", pick);
    list?.addEventListener("keydown", stay);
    return () => {
      list?.removeEventListener("click", pick);
      list?.removeEventListener("keydown", stay);
    };
  }, []);

  return (
    <form ref={form} action={submit} className="grid grid-cols-1 gap-2">
      {/* Enter in a checkbox presses a form's first button; this one does nothing. */}
      <button type="submit" disabled hidden />
      <label
        hidden={empty}
        className="inline-flex min-h-10 w-fit cursor-pointer items-center gap-3 px-3 text-sm text-muted [&[hidden]]:hidden noscript:hidden"
      >
        <input ref={whole} type="checkbox" className="size-4.5" />
        {w("selectPage")}
      </label>
      {children}
      <BulkBar count={count} offered={offered} outcome={outcome} pending={pending} status={status} />
    </form>
  );
}
