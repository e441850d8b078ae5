"use client";
import clsx from "clsx";
import { CircleAlert, CircleCheck, Copy, ImageIcon, Minus, RotateCw, X } from "lucide-react";
import Link from "next/link";
import { memo, useEffect, useRef } from "react";
import { w } from "#lib/words/upload.ts";
import { size } from "./amounts.ts";
import { bar } from "./bar.ts";
import { largestOf, type SizeLimits } from "./judge.ts";
import { draw, preview } from "./preview.ts";
import type { Queue } from "./queue.ts";
import { cancellable, type Row, retriable, troubled } from "./row.ts";
import { useRow, useSeconds } from "./watch.ts";

export const RowLine = memo(function RowLine({
  queue,
  id,
  most,
}: {
  queue: Queue;
  id: string;
  most: SizeLimits;
}) {
  const row = useRow(queue, id);
  if (row === undefined) return null;
  const openable = row.mediaId !== undefined && (row.phase === "ready" || row.phase === "duplicate");
  return (
    <li
      tabIndex={-1}
      className="relative flex min-h-16 items-center gap-3 border-b border-line px-2 py-2 last:border-b-0 sm:px-3"
    >
      <Thumb queue={queue} row={row} />
      <div className="grid min-w-0 flex-1 gap-0.5">
        <p className="flex min-w-0 items-baseline gap-2 text-sm">
          <span className="truncate font-medium">{row.name}</span>
          {row.folder === "" ? null : (
            <span className="hidden min-w-0 truncate text-muted sm:inline">{row.folder}</span>
          )}
        </p>
        <Status row={row} most={most} />
        {row.phase === "sending" ? (
          <progress
            aria-label={w("rowProgress", { name: row.name })}
            className={clsx(bar, "absolute inset-x-0 bottom-0 h-1 rounded-none")}
            value={row.sent}
            max={row.bytes}
          />
        ) : null}
      </div>
      <div className="flex shrink-0 items-center">
        {openable ? (
          <Link
            href={`/m/${row.mediaId}`}
            prefetch={false}
            aria-label={w("openRowLabel", { name: row.name })}
            className="inline-flex min-h-10 items-center rounded-md px-3 text-sm font-medium text-accent hover:bg-raised"
          >
            {w("openRow")}
          </Link>
        ) : null}
        <Act queue={queue} row={row} />
      </div>
    </li>
  );
});

/** One button in one place, whatever it does now: it must not lose the focus when its row is cancelled. */
function Act({ queue, row }: { queue: Queue; row: Row }) {
  const again = retriable.has(row.phase);
  if (!again && !cancellable.has(row.phase)) return null;
  const label = w(again ? "retryRow" : "cancelRow", { name: row.name });
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={() => (again ? queue.retry([row.id]) : queue.cancel([row.id]))}
      className="inline-flex size-10 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink"
    >
      {again ? <RotateCw aria-hidden className="size-4" /> : <X aria-hidden className="size-4" />}
    </button>
  );
}

function Status({ row, most }: { row: Row; most: SizeLimits }) {
  const seconds = useSeconds(row.phase === "retrying" ? row.retryAt : undefined);
  const text = statusOf(row, most, seconds);
  if (troubled.has(row.phase))
    return (
      <p className="flex items-start gap-1.5 text-sm text-danger">
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="text-pretty">{text}</span>
      </p>
    );
  if (row.phase === "ready")
    return (
      <p className="flex items-center gap-1.5 text-sm text-muted">
        <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
        {text}
      </p>
    );
  if (row.phase === "duplicate")
    return (
      <p className="flex items-center gap-1.5 text-sm text-muted">
        <Copy aria-hidden className="size-4 shrink-0" />
        {text}
      </p>
    );
  if (row.phase === "cancelled")
    return (
      <p className="flex items-center gap-1.5 text-sm text-muted">
        <Minus aria-hidden className="size-4 shrink-0" />
        {text}
      </p>
    );
  return <p className="text-sm text-muted tabular-nums">{text}</p>;
}

function statusOf(row: Row, most: SizeLimits, seconds: number): string {
  if (row.note !== undefined && (troubled.has(row.phase) || row.phase === "duplicate"))
    return "text" in row.note
      ? row.note.text || w("note.no_connection")
      : w(`note.${row.note.code}`, { size: size(row.bytes), max: size(largestOf(row.name, most)) });
  switch (row.phase) {
    case "missing":
      return w("phaseMissing");
    case "waiting":
      return w("phaseWaiting");
    case "hashing":
      return w("phaseHashing");
    case "hashed":
    case "beginning":
    case "issued":
      return w("phaseIssued");
    case "renewing":
      return w("phaseRenewing");
    case "sending":
      return w("phaseSending", { percent: row.sent / Math.max(1, row.bytes), size: size(row.bytes) });
    case "retrying":
      return w("phaseRetrying", { seconds });
    case "probing":
      return w("phaseProbing");
    case "sent":
    case "completing":
      return w("phaseSent");
    case "verifying":
      return w("phaseVerifying");
    case "ready":
      return w("phaseReady");
    case "duplicate":
      return w("phaseDuplicate");
    case "cancelled":
      return w("phaseCancelled");
    case "refused":
    case "failed":
      return w("note.no_connection");
  }
}

function Thumb({ queue, row }: { queue: Queue; row: Row }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { id, phase } = row;
  const shown = phase !== "refused" && phase !== "missing";
  useEffect(() => {
    const target = canvas.current;
    const file = queue.fileOf(id);
    if (target === null || file === undefined || !shown) return;
    let stop = () => {};
    // Decoding is dear: only what is really in sight, and only when it stays there for a moment.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(([seen]) => {
      clearTimeout(timer);
      stop();
      if (seen?.isIntersecting)
        timer = setTimeout(() => {
          stop = preview(id, file, (bitmap) => {
            if (bitmap === undefined) return;
            draw(target, bitmap);
            target.hidden = false;
            observer.disconnect();
          });
        }, 150);
    });
    observer.observe(target.parentElement ?? target);
    return () => {
      clearTimeout(timer);
      stop();
      observer.disconnect();
    };
  }, [queue, id, shown]);
  return (
    <div
      aria-hidden="true"
      className="relative flex size-12 shrink-0 items-center justify-center overflow-hidden rounded-md bg-raised text-muted"
    >
      <ImageIcon aria-hidden className="size-5" />
      <canvas ref={canvas} hidden className="absolute inset-0 size-full" />
    </div>
  );
}
