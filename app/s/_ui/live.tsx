"use client";
import { Play, Square } from "lucide-react";
import { useState } from "react";
import { w } from "#lib/words/kinds.ts";

/** Over a still: its moving part, played once when it is asked for. */
export function Live({ url, name }: { url: string; name: string }) {
  const [state, setState] = useState<"still" | "playing" | "failed">("still");
  const playing = state === "playing";
  const Icon = playing ? Square : Play;
  return (
    <>
      {playing ? (
        <video
          autoPlay
          muted
          playsInline
          src={url}
          aria-label={name}
          onEnded={() => setState("still")}
          onError={() => setState("failed")}
          className="pointer-events-none"
        />
      ) : null}
      <div className="absolute start-3 bottom-3 flex items-center gap-2">
        <button
          type="button"
          aria-pressed={playing}
          aria-label={w(playing ? "stopLive" : "playLive")}
          onClick={() => setState(playing ? "still" : "playing")}
          className="flex min-h-11 items-center gap-2 rounded-full bg-page/85 px-4 text-sm text-ink shadow hover:bg-page focus-visible:outline-2"
        >
          <Icon aria-hidden="true" className="size-4" />
          {w("live")}
        </button>
        <p role="status" className="rounded bg-page/85 px-2 text-sm text-ink empty:hidden">
          {state === "failed" ? w("failed") : null}
        </p>
      </div>
    </>
  );
}
