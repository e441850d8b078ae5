"use client";
import { useEffect, useId, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/lightbox.ts";
import { capOf, type Deed, deedNames, deeds, keysOf } from "./keys.ts";

const groups = ["move", "look", "do"] as const;
const groupNames = { move: "groupMove", look: "groupLook", do: "groupDo" } as const;

const cap =
  "inline-flex min-w-7 items-center justify-center rounded border border-line bg-raised px-1.5 py-0.5 text-xs font-medium";

function Keys({ deed, rtl }: { deed: Deed; rtl: boolean }) {
  const keys = keysOf(deed, rtl);
  const shown = deed === "rate" ? [`${keys.at(0) ?? ""} – ${keys.at(-1) ?? ""}`] : keys;
  return (
    <span className="flex shrink-0 gap-1">
      {shown.map((key) => (
        <kbd key={key} className={cap}>
          {capOf(key, w("space"))}
        </kbd>
      ))}
    </span>
  );
}

/** What can be done and with which key; from the table that works the keys. */
export function KeysDialog({
  able,
  rtl,
  withCharacters,
  setWithCharacters,
  close,
}: {
  /** Those that mean something for this picture and this person. */
  able: (deed: Deed) => boolean;
  rtl: boolean;
  withCharacters: boolean;
  setWithCharacters: (on: boolean) => void;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={title}
      onClose={close}
      onCancel={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        if (event.key !== "Escape") event.stopPropagation();
      }}
      className="m-auto max-h-[85svh] w-[min(44rem,calc(100vw-2rem))] overflow-y-auto rounded-lg border border-line bg-surface p-5 text-ink backdrop:bg-shade"
    >
      <h2 id={title} className="text-lg font-semibold">
        {w("helpTitle")}
      </h2>
      <div className="mt-4 gap-8 sm:columns-2">
        {groups.map((group) => (
          <section
            key={group}
            aria-label={w(groupNames[group])}
            className="mb-5 grid break-inside-avoid gap-2"
          >
            <h3 className="text-sm font-medium text-muted">{w(groupNames[group])}</h3>
            <dl className="grid gap-1.5 text-sm">
              {deedNames
                .filter((deed) => deeds[deed].about === group && able(deed))
                .map((deed) => (
                  <div key={deed} className="flex items-center justify-between gap-4">
                    <dt>{w(`keys.${deed}`)}</dt>
                    <dd>
                      <Keys deed={deed} rtl={rtl} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="flex min-h-10 items-center gap-3 text-sm">
        <input
          type="checkbox"
          checked={withCharacters}
          onChange={({ target }) => setWithCharacters(target.checked)}
          className="size-4"
        />
        {w("characters")}
      </label>
      <form method="dialog" className="mt-4 flex justify-end">
        <Button type="submit" variant="primary">
          {w("helpClose")}
        </Button>
      </form>
    </dialog>
  );
}
