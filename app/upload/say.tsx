"use client";
import { useEffect, useRef, useState } from "react";
import { w } from "#lib/words/upload.ts";
import { timeLeft } from "./pace.ts";
import type { Queue, QueueState } from "./queue.ts";
import { inHand, landed } from "./row.ts";
import { summary } from "./summary.tsx";

const everyMs = 30_000;

export type Told = { added: number; refused: number; continued: number };

const holdWords = {
  paused: "holdPaused",
  offline: "holdOffline",
  signed_out: "holdSignedOut",
  busy: "holdWaiting",
  unreachable: "holdWaiting",
  in_flight: "holdInFlight",
  daily_limit: "holdDaily",
} as const;

export function toldWords({ added, refused, continued }: Told): string {
  const parts: string[] = [];
  if (added > 0) parts.push(w("sayAdded", { n: added }));
  if (continued > 0) parts.push(w("sayContinued", { n: continued }));
  if (refused > 0) parts.push(w("sayRefused", { n: refused }));
  return parts.length === 0 ? w("sayNothing") : `${parts.join(", ")}.`;
}

/** The one place that speaks to a screen reader: what changed the course of things, and how far it is now and then. */
export function Say({ queue, told }: { queue: Queue; told: Told | undefined }) {
  const [text, setText] = useState("");
  const last = useRef({ at: 0, working: false, hold: "" });

  useEffect(() => {
    if (told !== undefined) setText(toldWords(told));
  }, [told]);

  useEffect(() => {
    const look = () => {
      const state = queue.state();
      const before = last.current;
      const working = state.inHand > 0 || state.count.verifying > 0;
      const hold = state.hold?.why ?? "";
      const now = Date.now();
      if (hold !== before.hold && state.hold !== undefined && working) setText(w(holdWords[state.hold.why]));
      else if (before.working && !working && state.order.length > 0) setText(`${summary(state)}.`);
      else if (working && hold === "" && now - before.at > everyMs) setText(progressWords(state));
      else {
        last.current = { ...before, working, hold };
        return;
      }
      last.current = { at: now, working, hold };
    };
    last.current.at = Date.now();
    return queue.watch(look);
  }, [queue]);

  return (
    <p role="status" aria-live="polite" className="sr-only">
      {text}
    </p>
  );
}

function progressWords(state: QueueState): string {
  let done = 0;
  for (const phase of landed) done += state.count[phase];
  let total = done;
  for (const phase of inHand) if (!landed.has(phase)) total += state.count[phase];
  const parts = [w("sayProgress", { done, total })];
  if (state.secondsLeft !== undefined) parts.push(w("left", timeLeft(state.secondsLeft)));
  return `${parts.join(", ")}.`;
}
