"use client";
import clsx from "clsx";
import { useMemo } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/upload.ts";
import type { SizeLimits } from "./judge.ts";
import type { Queue, QueueState } from "./queue.ts";
import { type Phase, settled, troubled, underWay } from "./row.ts";
import { RowList } from "./row-list.tsx";

const added: ReadonlySet<Phase> = new Set(["ready", "duplicate"]);
const failed: ReadonlySet<Phase> = new Set(["failed"]);

const sets = { underWay, added, problems: troubled } as const;
export type Shown = "all" | keyof typeof sets;
const labels = {
  all: "filterAll",
  underWay: "filterUnderWay",
  added: "filterAdded",
  problems: "filterProblems",
} as const;
const kinds = ["all", "underWay", "added", "problems"] as const;

const countOf = (state: QueueState, shown: Shown): number => {
  if (shown === "all") return state.order.length;
  let n = 0;
  for (const phase of sets[shown]) n += state.count[phase];
  return n;
};

/** The rows, and which of them to look at. */
export function Filtered({
  queue,
  state,
  shown,
  setShown,
  most,
}: {
  queue: Queue;
  state: QueueState;
  shown: Shown;
  setShown: (shown: Shown) => void;
  most: SizeLimits;
}) {
  const { order, count } = state;
  // A progress event alone changes neither the order nor any count, and then the list is not gone through again.
  const counts = Object.values(count).join();
  const ids = useMemo(
    () => (shown === "all" ? order : counts === "" ? [] : queue.idsIn(sets[shown])),
    [queue, order, counts, shown],
  );
  const finished = countOf(state, "added") + count.refused + count.failed + count.cancelled;
  return (
    <section aria-label={w("list")} className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">{w("filter")}</legend>
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={kind === shown}
              onClick={() => setShown(kind)}
              className={clsx(
                "inline-flex min-h-8 items-center gap-1.5 rounded-full px-3 text-sm font-medium tabular-nums pointer-coarse:min-h-10",
                kind === shown ? "bg-ink text-page" : "text-muted hover:bg-raised hover:text-ink",
              )}
            >
              {w(labels[kind])} <span className="font-normal">{countOf(state, kind)}</span>
            </button>
          ))}
        </fieldset>
        <div className="flex flex-wrap gap-2">
          {count.failed > 0 ? (
            <Button size="sm" onClick={() => queue.retry(queue.idsIn(failed))}>
              {w("retryAll", { n: count.failed })}
            </Button>
          ) : null}
          {finished > 0 ? (
            <Button size="sm" variant="plain" onClick={() => queue.clear(queue.idsIn(settled))}>
              {w("clearFinished")}
            </Button>
          ) : null}
        </div>
      </div>
      {ids.length > 0 ? (
        <RowList queue={queue} ids={ids} most={most} />
      ) : (
        <p className="rounded-lg border border-line bg-surface p-6 text-center text-sm text-muted">
          {w("filterNone")}
        </p>
      )}
    </section>
  );
}
