"use client";
import { Play, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { w } from "#lib/words/kinds.ts";
import { lengthInWords } from "../../length.ts";
import type { Slide } from "../slide.ts";

const wantsStillness = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Keys that mean something to a player; behind it they would turn the page. */
const playerKeys = new Set([
  " ",
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "m",
  "f",
  "k",
  "p",
]);
const keepKeys = (event: KeyboardEvent): void => {
  if (playerKeys.has(event.key)) event.stopPropagation();
};

/** Whether a browser says that it cannot play it; what it says of the rest is a guess. */
const isUnknown = (type: string): boolean => document.createElement("video").canPlayType(type) === "";

const codecsOf = (type: string): string => /codecs="(.*)"/.exec(type)?.[1] ?? type;

const badge =
  "flex items-center gap-2 rounded-full bg-page/85 px-4 text-ink shadow hover:bg-page focus-visible:outline-2";

/** Over the still of the picture that is shown: a button that begins the video, and the player once it has begun. */
function Video({ moving, slide }: { moving: NonNullable<Slide["moving"]>; slide: Slide }) {
  const [state, setState] = useState<"still" | "playing" | "unknown" | "failed">("still");
  const player = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (state === "playing") player.current?.focus();
  }, [state]);
  if (state === "playing")
    return (
      <video
        ref={player}
        controls
        autoPlay
        playsInline
        preload="metadata"
        src={moving.url}
        poster={slide.src || undefined}
        aria-label={slide.heading}
        onKeyDown={keepKeys}
        onError={({ currentTarget: { error } }) =>
          setState(
            error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && isUnknown(moving.type)
              ? "unknown"
              : "failed",
          )
        }
        className="absolute inset-0 z-10 size-full bg-black object-contain"
      >
        {/* A person's own video has no captions to offer. */}
        <track kind="captions" />
      </video>
    );
  return (
    <div className="pointer-events-none absolute inset-0 z-10 grid place-content-center justify-items-center gap-3 p-6">
      <noscript>
        <video
          controls
          playsInline
          preload="none"
          src={moving.url}
          poster={slide.src || undefined}
          className="pointer-events-auto absolute inset-0 size-full bg-black object-contain"
        >
          <track kind="captions" />
        </video>
      </noscript>
      <button
        type="button"
        className={`${badge} pointer-events-auto min-h-14 text-base font-semibold tabular-nums`}
        data-plays=""
        aria-label={w("playVideo", { length: lengthInWords(moving.duration) })}
        onClick={() => setState("playing")}
      >
        <Play aria-hidden="true" className="size-6 fill-current" />
        {clock(moving.duration)}
      </button>
      <p role="status" className="max-w-sm rounded bg-page/85 px-3 text-center text-sm text-ink empty:hidden">
        {state === "unknown" ? w("cannotPlay", { codecs: codecsOf(moving.type) }) : null}
        {state === "failed" ? w("failed") : null}
      </p>
    </div>
  );
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, "0")}`;
}

/** A still that moves while one points at the button, or after it was pressed, and stands again at its end. */
function Live({ moving, slide }: { moving: NonNullable<Slide["moving"]>; slide: Slide }) {
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const Icon = playing ? Square : Play;
  return (
    <>
      {playing ? (
        <video
          autoPlay
          muted
          playsInline
          src={moving.url}
          aria-label={slide.heading}
          onEnded={() => setPlaying(false)}
          onError={() => {
            setPlaying(false);
            setFailed(true);
          }}
          className="pointer-events-none absolute inset-0 z-10 size-full object-contain"
        />
      ) : null}
      <div className="absolute start-3 bottom-3 z-10 flex items-center gap-2">
        <button
          type="button"
          aria-pressed={playing}
          data-plays=""
          aria-label={playing ? w("stopLive") : w("playLive")}
          className={`${badge} min-h-9 text-sm`}
          onClick={() => setPlaying((was) => !was)}
          onPointerEnter={({ pointerType }) => {
            if (pointerType === "mouse" && !wantsStillness()) setPlaying(true);
          }}
        >
          <Icon aria-hidden="true" className="size-4" />
          {w("live")}
        </button>
        <p role="status" className="rounded bg-page/85 px-2 text-sm text-ink empty:hidden">
          {failed ? w("failed") : null}
        </p>
      </div>
    </>
  );
}

/** What plays of the picture that is shown; nothing for one that does not move. */
export function VideoPicture({ slide }: { slide: Slide | undefined }) {
  if (slide?.moving === undefined) return null;
  const Part = slide.moving.kind === "video" ? Video : Live;
  return <Part key={slide.id} moving={slide.moving} slide={slide} />;
}
