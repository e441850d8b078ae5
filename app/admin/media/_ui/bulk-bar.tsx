"use client";
import clsx from "clsx";
import { type RefObject, useRef } from "react";
import { perLocale } from "#lib/locale.ts";
import type { Visibility } from "#lib/media.ts";
import { w } from "#lib/words/admin.ts";
import { Button } from "../../../_ui/button.tsx";
import type { Outcome } from "../actions.ts";

export type Offered = {
  visibilities: Visibility[];
  trash: boolean;
  restore: boolean;
  /** Nothing waits in the trash: what goes there is gone. */
  trashIsFinal: boolean;
};

const visibilityNames = perLocale(
  (): Record<Visibility, string> => ({
    private: w("makePrivate"),
    unlisted: w("makeUnlisted"),
    public: w("makePublic"),
  }),
);

type Props = {
  /** `undefined` before the page runs, or when it never will. */
  count: number | undefined;
  offered: Offered;
  outcome: Outcome | undefined;
  pending: boolean;
  status: RefObject<HTMLParagraphElement | null>;
};

/** Says what is selected or what was done, and holds the buttons; stays in sight while the list scrolls. */
export function BulkBar({ count, offered, outcome, pending, status }: Props) {
  const idle = count === 0 && !pending;
  const message = pending
    ? w("working")
    : idle && outcome
      ? outcome.message
      : w("selected", { n: count ?? 0 });
  const undo = idle ? outcome?.undo : undefined;
  return (
    <div
      aria-busy={pending}
      className={clsx(
        "sticky bottom-2 z-10 flex-wrap items-center gap-2 rounded-lg border bg-surface px-3 py-2 text-sm shadow-lg sm:px-4",
        count === undefined ? "hidden noscript:flex" : "flex",
        idle && outcome?.tone === "bad" ? "border-danger" : "border-line",
        idle && outcome === undefined && "sr-only",
      )}
    >
      <p ref={status} role="status" tabIndex={-1} className="me-auto min-w-0 rounded-sm font-medium">
        {message}
      </p>
      {undo === undefined ? null : (
        <>
          <input type="hidden" name="undo" value={undo} />
          <Button type="submit" size="sm" name="intent" value="undo">
            {w("undo")}
          </Button>
        </>
      )}
      {idle ? null : <Buttons offered={offered} pending={pending} scripted={count !== undefined} />}
    </div>
  );
}

function Buttons({ offered, pending, scripted }: { offered: Offered; pending: boolean; scripted: boolean }) {
  const button = (intent: string, label: string) => (
    <Button key={intent} type="submit" size="sm" name="intent" value={intent} disabled={pending}>
      {label}
    </Button>
  );
  return (
    <fieldset className="flex flex-wrap gap-2">
      <legend className="sr-only">{w("bulk")}</legend>
      {offered.visibilities.map((visibility) => button(visibility, visibilityNames()[visibility]))}
      {button("process", w("process"))}
      {offered.restore ? button("restore", w("restore")) : null}
      {offered.trash ? (
        offered.trashIsFinal && scripted ? (
          <FinalTrash pending={pending} />
        ) : (
          button("trash", w("trash"))
        )
      ) : null}
    </fieldset>
  );
}

/** The one thing here that cannot be taken back is asked about first. */
function FinalTrash({ pending }: { pending: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <Button
        type="button"
        size="sm"
        variant="danger"
        disabled={pending}
        onClick={() => dialog.current?.showModal()}
      >
        {w("confirm")}
      </Button>
      <dialog
        ref={dialog}
        aria-labelledby="final-trash-title"
        className="m-auto max-w-sm rounded-lg border border-line bg-surface p-6 text-ink backdrop:bg-shade"
      >
        <h2 id="final-trash-title" className="text-lg font-semibold">
          {w("confirmTitle")}
        </h2>
        <p className="mt-2 text-muted">{w("confirmText")}</p>
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button type="button" onClick={() => dialog.current?.close()}>
            {w("cancel")}
          </Button>
          <Button
            type="submit"
            variant="danger"
            name="intent"
            value="trash"
            // Closed a moment later: a button in a closed dialog would not be sent.
            onClick={() => setTimeout(() => dialog.current?.close())}
          >
            {w("confirm")}
          </Button>
        </div>
      </dialog>
    </>
  );
}
