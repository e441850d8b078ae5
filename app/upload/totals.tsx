"use client";
import clsx from "clsx";
import { Pause, Play, X } from "lucide-react";
import { useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { w } from "#lib/words/upload.ts";
import { size } from "./amounts.ts";
import { bar } from "./bar.ts";
import type { Holding } from "./hold.ts";
import { timeLeft } from "./pace.ts";
import type { Queue, QueueState } from "./queue.ts";
import { inHand, landed } from "./row.ts";
import { useSeconds } from "./watch.ts";

const sum = (state: QueueState, phases: Iterable<keyof QueueState["count"]>): number => {
  let n = 0;
  for (const phase of phases) n += state.count[phase];
  return n;
};

/** The bar over everything: how far, how fast, how long, and the two things one may want to do about it. */
export function TotalsBar({ queue, state }: { queue: Queue; state: QueueState }) {
  const paused = state.hold?.why === "paused";
  return (
    <section
      aria-label={w("progressLabel")}
      className="z-10 grid gap-3 rounded-lg border border-line bg-surface p-3 shadow-sm sm:p-4 tall:sticky tall:top-16"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="grid min-w-0 flex-1 basis-56 gap-0.5">
          <p className="font-medium tabular-nums">{headline(state)}</p>
          <p className="min-h-5 text-sm text-muted tabular-nums">{details(state)}</p>
        </div>
        {state.inHand > 0 ? (
          <div className="flex gap-2">
            <Button size="sm" onClick={() => (paused ? queue.goOn() : queue.pause())}>
              {paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
              {paused ? w("goOn") : w("pause")}
            </Button>
            <CancelAll queue={queue} n={state.inHand} />
          </div>
        ) : null}
      </div>
      <progress
        aria-label={w("progressLabel")}
        className={clsx(bar, "h-2")}
        value={state.bytesSent}
        max={Math.max(1, state.bytesWanted)}
      />
      <Hold queue={queue} hold={state.hold} sending={state.count.sending + state.count.issued > 0} />
    </section>
  );
}

function headline(state: QueueState): string {
  if (state.inHand === 0) return w("verifyingAll", { n: state.count.verifying });
  const done = sum(state, landed);
  const total = done + sum(state, inHand) - state.count.sent - state.count.completing;
  const checking = state.count.waiting + state.count.hashing;
  if (done === 0 && checking === state.inHand) return w("checking", { n: checking });
  return w("working", { done, total });
}

function details(state: QueueState): string {
  if (state.inHand === 0) return w("verifyingHint");
  const parts = [w("bytes", { done: size(state.bytesSent), total: size(state.bytesWanted) })];
  const goes = state.hold === undefined || state.count.sending > 0;
  if (state.hold?.why === "paused") parts.unshift(w("holdPaused"));
  if (goes && state.speed !== undefined) parts.push(w("speed", { speed: size(state.speed) }));
  if (goes && state.secondsLeft !== undefined) parts.push(w("left", timeLeft(state.secondsLeft)));
  return parts.join(" · ");
}

function CancelAll({ queue, n }: { queue: Queue; n: number }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <Button size="sm" variant="plain" onClick={() => dialog.current?.showModal()}>
        <X aria-hidden className="size-4" />
        {w("cancelAll")}
      </Button>
      <dialog
        ref={dialog}
        aria-labelledby="cancel-all-title"
        className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-lg border border-line bg-surface p-5 text-ink shadow-xl backdrop:bg-shade"
      >
        <h2 id="cancel-all-title" className="text-lg font-semibold">
          {w("cancelAllTitle", { n })}
        </h2>
        <p className="mt-2 text-muted">{w("cancelAllText")}</p>
        <div className="mt-5 flex flex-wrap justify-end gap-2">
          <Button onClick={() => dialog.current?.close()}>{w("cancelAllKeep")}</Button>
          <Button
            variant="danger"
            onClick={() => {
              dialog.current?.close();
              queue.cancel(queue.idsIn(inHand));
            }}
          >
            {w("cancelAll")}
          </Button>
        </div>
      </dialog>
    </>
  );
}

function Hold({ queue, hold, sending }: { queue: Queue; hold: Holding | undefined; sending: boolean }) {
  const seconds = useSeconds(hold?.until);
  if (hold === undefined || hold.why === "paused") return null;
  const tryNow = (
    <Button size="sm" onClick={() => queue.goOn()}>
      {w("holdTryNow")}
    </Button>
  );
  if (hold.why === "offline") return <Notice tone="warn">{w("holdOffline")}</Notice>;
  if (hold.why === "in_flight" && sending) return null;
  if (hold.why === "in_flight") return <Notice tone="info">{w("holdInFlight")}</Notice>;
  if (hold.why === "daily_limit") return <Notice tone="warn">{w("holdDaily")}</Notice>;
  if (hold.why === "signed_out")
    return (
      <Notice
        tone="warn"
        action={
          <div className="flex flex-wrap gap-2">
            <a
              href="/sign-in"
              target="_blank"
              rel="noopener"
              className="inline-flex min-h-8 items-center rounded-md bg-accent px-3 text-sm font-medium text-on-accent pointer-coarse:min-h-10"
            >
              {w("holdSignIn")}
            </a>
            {tryNow}
          </div>
        }
      >
        {w("holdSignedOut")}
      </Notice>
    );
  return (
    <Notice tone="warn" action={tryNow}>
      {/* The countdown is for the eye; a screen reader would read every second of it. */}
      <span aria-hidden="true">{w(hold.why === "busy" ? "holdBusy" : "holdUnreachable", { seconds })}</span>
      <span className="sr-only">{w("holdWaiting")}</span>
    </Notice>
  );
}
