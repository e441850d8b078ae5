"use client";
import { Button, ButtonLink } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { perLocale } from "#lib/locale.ts";
import { w } from "#lib/words/upload.ts";
import type { QueueState } from "./queue.ts";

const list = perLocale((locale) => new Intl.ListFormat(locale, { type: "unit", style: "long" }));

/** "12 pictures added, 2 were already there, 1 was refused"; empty when nothing has come to its end. */
export function summary({ count, hasVideos }: QueueState): string {
  const parts: string[] = [];
  if (count.ready > 0) parts.push(w(hasVideos ? "sumAddedFiles" : "sumAdded", { n: count.ready }));
  if (count.duplicate > 0) parts.push(w("sumDuplicate", { n: count.duplicate }));
  if (count.refused > 0) parts.push(w("sumRefused", { n: count.refused }));
  if (count.failed > 0) parts.push(w("sumFailed", { n: count.failed }));
  if (count.cancelled > 0) parts.push(w("sumCancelled", { n: count.cancelled }));
  return list().format(parts);
}

export function Summary({
  state,
  thanks,
  showProblems,
}: {
  state: QueueState;
  /** What a guest reads instead of the way to the gallery. */
  thanks: string | undefined;
  showProblems: () => void;
}) {
  const problems = state.count.refused + state.count.failed;
  return (
    <Notice
      tone={problems > 0 ? "warn" : "good"}
      title={`${summary(state)}.`}
      action={
        <div className="flex flex-wrap gap-2">
          {problems > 0 ? (
            <Button size="sm" onClick={showProblems}>
              {w("sumProblems")}
            </Button>
          ) : null}
          {state.count.ready > 0 && thanks === undefined ? (
            <ButtonLink size="sm" variant="primary" href="/">
              {w("sumGallery")}
            </ButtonLink>
          ) : null}
        </div>
      }
    >
      {state.count.ready > 0 ? (thanks ?? w("sumPrivate")) : null}
    </Notice>
  );
}
