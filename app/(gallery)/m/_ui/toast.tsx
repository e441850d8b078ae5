"use client";
import { X } from "lucide-react";
import { w } from "#lib/words/lightbox.ts";
import { shortcutsOf } from "./keys.ts";

export type Told = { text: string; bad?: boolean; undo?: () => void };

/** What has just been done, with the way back. It stays until something else is said or it is put away. */
export function Toast({ told, close }: { told: Told | undefined; close: () => void }) {
  return (
    <div role={told?.bad === true ? "alert" : "status"} className="toast">
      {told === undefined ? null : (
        <div className="flex items-center gap-2 rounded-lg border border-line bg-raised py-1 ps-4 pe-1 text-sm text-ink shadow-lg">
          <p className={told.bad === true ? "min-w-0 flex-1 text-danger" : "min-w-0 flex-1"}>{told.text}</p>
          {told.undo === undefined ? null : (
            <button
              type="button"
              onClick={told.undo}
              aria-keyshortcuts={shortcutsOf("undo", false)}
              className="min-h-11 rounded-md px-3 font-medium text-accent hover:bg-surface"
            >
              {w("undo")}
            </button>
          )}
          <button
            type="button"
            onClick={close}
            aria-label={w("dismiss")}
            className="inline-flex size-11 items-center justify-center rounded-full hover:bg-surface"
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
      )}
    </div>
  );
}
