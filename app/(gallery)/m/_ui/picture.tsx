"use client";
import { Pause, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState, useTransition } from "react";
import type { Large } from "../renditions.ts";

const stillMotion = "(prefers-reduced-motion: reduce)";

function load({ srcSet, sizes, src }: Large): void {
  const image = new Image();
  image.fetchPriority = "low";
  image.sizes = sizes;
  image.srcset = srcSet;
  image.src = src;
}

/** The picture in its place, its colours and a small version of it until it is there; then the pictures beside it. */
export function Picture({
  large,
  preview,
  motion,
  ahead,
  alt,
  width,
  height,
  color,
  words,
}: {
  large: Large;
  preview: string;
  motion: string | undefined;
  /** The pictures that are probably next; loaded when this one is there. */
  ahead: Large[];
  alt: string;
  width: number;
  height: number;
  color: string;
  words: { play: string; pause: string; unavailable: string };
}) {
  const router = useRouter();
  const image = useRef<HTMLImageElement>(null);
  const [shown, setShown] = useState(false);
  const [playing, setPlaying] = useState(false);
  const [failures, setFailures] = useState(0);
  const [renewing, startRenewal] = useTransition();

  useEffect(() => {
    // Moves only for people who have not asked for stillness; they can start it themselves.
    if (motion !== undefined) setPlaying(!matchMedia(stillMotion).matches);
    // It may have arrived before there was script to hear it.
    if (image.current?.complete && image.current.naturalWidth > 0) setShown(true);
  }, [motion]);
  useEffect(() => {
    if (shown) for (const next of ahead) load(next);
  }, [shown, ahead]);

  const onError = (): void => {
    // once, with fresh addresses from the server; then say so.
    if (failures === 0) startRenewal(() => router.refresh());
    setFailures((count) => count + 1);
  };
  const still = !playing || motion === undefined;
  return (
    <>
      <div
        className="fitted"
        style={{
          ["--width" as string]: `${width}px`,
          backgroundColor: shown ? undefined : color,
          backgroundImage: shown ? undefined : `url("${preview}")`,
        }}
      >
        {failures > 1 ? (
          <p className="flex size-full items-center justify-center bg-raised p-4 text-center">
            {words.unavailable}
          </p>
        ) : (
          <img
            // A new element for the second try: the fresh address may be the same one.
            key={failures === 0 || renewing ? "first" : "again"}
            ref={image}
            alt={alt}
            width={width}
            height={height}
            src={still ? large.src : motion}
            srcSet={still ? large.srcSet : undefined}
            sizes={still ? large.sizes : undefined}
            fetchPriority="high"
            decoding="async"
            draggable={false}
            onLoad={() => setShown(true)}
            onError={onError}
            className="relative block size-full"
          />
        )}
      </div>
      {motion === undefined ? null : (
        <button
          type="button"
          onClick={() => setPlaying(!playing)}
          aria-label={playing ? words.pause : words.play}
          className="absolute bottom-3 left-3 inline-flex size-11 items-center justify-center rounded-full border border-line bg-surface text-ink hover:bg-raised"
        >
          {playing ? <Pause aria-hidden className="size-5" /> : <Play aria-hidden className="size-5" />}
        </button>
      )}
    </>
  );
}
