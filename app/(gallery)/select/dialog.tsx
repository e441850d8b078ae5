"use client";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/select.ts";

/** A form over the page. The native dialog keeps the focus inside and gives it back, and closes on Escape. */
export function FormDialog({
  title,
  hint,
  apply = w("save"),
  ready = true,
  close,
  submit,
  children,
}: {
  title: string;
  hint?: string;
  apply?: string;
  /** Whether there is something to apply. */
  ready?: boolean;
  close: () => void;
  submit?: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={close}
      // Of this dialog, not of one that it stands over.
      onCancel={(event) => event.stopPropagation()}
      // A click beside it closes it, as Escape does.
      onPointerDown={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
      className="m-auto w-[min(28rem,calc(100vw-1.5rem))] rounded-lg border border-line bg-surface p-0 text-ink shadow-xl backdrop:bg-black/50"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit?.();
          dialog.current?.close();
        }}
        className="grid gap-4 p-4 sm:p-5"
      >
        <div className="grid gap-1">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {hint === undefined ? null : <p className="text-sm text-muted text-pretty">{hint}</p>}
        </div>
        {children}
        <div className="flex justify-end gap-2">
          <Button type="button" variant="plain" onClick={() => dialog.current?.close()}>
            {w("cancel")}
          </Button>
          {submit === undefined ? null : (
            <Button type="submit" variant="primary" disabled={!ready}>
              {apply}
            </Button>
          )}
        </div>
      </form>
    </dialog>
  );
}
