"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { DownloadSize } from "#lib/downloads/shapes.ts";
import { DownloadFailure, type What } from "./api.ts";
import type { Progress } from "./archive.ts";
import { Pace } from "./pace.ts";
import { run } from "./run.ts";
import { openSink } from "./sink.ts";

export type Standing =
  | { state: "idle" }
  /** `seconds` that it still takes, once that can be said. */
  | { state: "running"; progress: Progress; stalled: boolean; seconds?: number | undefined }
  | { state: "done"; progress: Progress }
  | { state: "cancelled" }
  /** `code` is the server's, "disk" when the file could not be written, "" for anything else. */
  | { state: "failed"; code: string };

const none: Progress = { files: 0, bytes: 0, troubles: [] };
/** What is read out and drawn changes no more often than this. */
const drawnMs = 200;

/** One download at a time, and how it stands. Leaving the page asks first, because that ends it. */
export function useDownload(what: What) {
  const [standing, setStanding] = useState<Standing>({ state: "idle" });
  const running = useRef<AbortController | undefined>(undefined);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (running.current !== undefined) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
      running.current?.abort();
    };
  }, []);

  const start = useCallback(
    async (name: string, size: DownloadSize, bytes: number): Promise<void> => {
      if (running.current !== undefined) return;
      const control = new AbortController();
      running.current = control;
      let progress = none;
      let stalled = false;
      let drawn = 0;
      const pace = new Pace();
      const draw = (): void => {
        if (Date.now() - drawn < drawnMs) return;
        drawn = Date.now();
        pace.note(progress.bytes, drawn);
        const seconds = stalled ? undefined : pace.secondsFor(bytes - progress.bytes);
        setStanding({ state: "running", progress, stalled, seconds });
      };
      try {
        const sink = await openSink(name);
        if (sink === undefined) return;
        setStanding({ state: "running", progress, stalled });
        await run({
          what,
          size,
          bytes,
          sink,
          signal: control.signal,
          onProgress: (now) => {
            progress = now;
            draw();
          },
          onStall: (now) => {
            if (stalled === now) return;
            stalled = now;
            drawn = 0;
            draw();
          },
        });
        setStanding({ state: "done", progress });
      } catch (error) {
        setStanding(
          control.signal.aborted ? { state: "cancelled" } : { state: "failed", code: codeOf(error) },
        );
      } finally {
        running.current = undefined;
      }
    },
    [what],
  );

  const cancel = useCallback(() => running.current?.abort(), []);
  return { standing, start, cancel };
}

function codeOf(error: unknown): string {
  if (error instanceof DownloadFailure) return error.code;
  return error instanceof DOMException ? "disk" : "";
}
