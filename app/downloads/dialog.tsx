"use client";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { bytesInWords } from "#app/_ui/bytes.ts";
import { Notice } from "#app/_ui/notice.tsx";
import type { DownloadSize, DownloadSum } from "#lib/downloads/shapes.ts";
import { w } from "#lib/words/download.ts";
import { openApi, type What } from "./api.ts";
import { archiveMax } from "./sink.ts";
import { type Standing, useDownload } from "./use-download.ts";

/** How much each size is, asked once a size. */
function useSum(what: What, size: DownloadSize) {
  const [sums, setSums] = useState<Partial<Record<DownloadSize, DownloadSum | "failed">>>({});
  useEffect(() => {
    if (sums[size] !== undefined) return;
    const control = new AbortController();
    openApi(what, { signal: control.signal })
      .sum(size)
      .then(
        (sum) => setSums((before) => ({ ...before, [size]: sum })),
        () => {
          if (!control.signal.aborted) setSums((before) => ({ ...before, [size]: "failed" as const }));
        },
      );
    return () => control.abort();
  }, [what, size, sums]);
  return sums[size];
}

function sumInWords(sum: DownloadSum): string {
  const bytes = bytesInWords(sum.bytes);
  if (sum.more) return w("sumMore", { n: sum.count, bytes });
  return w(sum.exact ? "sum" : "sumAbout", { n: sum.count, bytes });
}

const failures: Record<string, () => string> = {
  gone: () => w("failedGone"),
  not_found: () => w("failedGone"),
  unauthenticated: () => w("failedGone"),
  forbidden: () => w("failedForbidden"),
  rate_limited: () => w("failedMany"),
  disk: () => w("failedDisk"),
};

function Sizes({
  sizes,
  size,
  choose,
}: {
  sizes: readonly DownloadSize[];
  size: DownloadSize;
  choose: (size: DownloadSize) => void;
}) {
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium">{w("size")}</legend>
      {sizes.map((one) => (
        <label key={one} className="flex min-h-8 items-start gap-3 rounded-md p-2 hover:bg-raised">
          <input
            type="radio"
            name={name}
            checked={one === size}
            onChange={() => choose(one)}
            className="mt-1 size-4 shrink-0 accent-accent"
          />
          <span className="grid">
            <span className="font-medium">{w(one)}</span>
            <span className="text-sm text-muted">{w(`${one}Hint`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** In steps that do not jump about with every byte. */
function leftInWords(seconds: number): string {
  if (seconds < 10) return w("leftMoment");
  if (seconds < 55) return w("leftSeconds", { n: Math.ceil(seconds / 10) * 10 });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? w("leftMinutes", { n: minutes }) : w("leftHours", { n: Math.round(minutes / 60) });
}

function Running({ standing, count }: { standing: Standing & { state: "running" }; count: number }) {
  const { progress, stalled, seconds } = standing;
  return (
    <div className="grid gap-2">
      <progress
        aria-label={w("progress")}
        max={Math.max(1, count)}
        value={progress.files}
        className="h-2 w-full accent-accent"
      />
      <p className="flex flex-wrap justify-between gap-x-4">
        <span>{w("running", { files: progress.files, n: count, bytes: bytesInWords(progress.bytes) })}</span>
        {seconds === undefined ? null : <span className="text-muted">{leftInWords(seconds)}</span>}
      </p>
      <p role="status" className="text-sm text-muted">
        {stalled ? w("stalled") : w("keepOpen")}
      </p>
    </div>
  );
}

function Done({ standing }: { standing: Standing & { state: "done" } }) {
  const { files, troubles } = standing.progress;
  const bad = new Set(troubles.map(({ name }) => name)).size;
  if (bad === 0)
    return (
      <Notice tone="good" title={w("done", { n: files })}>
        {w("manifest")}
      </Notice>
    );
  return (
    <Notice tone="warn" title={w("doneSome", { n: Math.max(0, files - bad), bad })}>
      <ul className="mt-2 max-h-40 overflow-y-auto">
        {troubles.slice(0, 100).map(({ name, what }) => (
          <li key={name + what}>{w(what, { name })}</li>
        ))}
      </ul>
    </Notice>
  );
}

function Told({ standing, count }: { standing: Standing; count: number }): ReactNode {
  if (standing.state === "running") return <Running standing={standing} count={count} />;
  if (standing.state === "done") return <Done standing={standing} />;
  if (standing.state === "cancelled") return <Notice tone="info">{w("cancelled")}</Notice>;
  if (standing.state === "failed")
    return <Notice tone="bad">{(failures[standing.code] ?? (() => w("failed")))()}</Notice>;
  return null;
}

/** Everything about one download: how much it is, in which size, how it goes and how it ended. */
export function DownloadDialog({
  what: given,
  name,
  sizes,
  counted,
  close,
}: {
  what: What;
  /** What the archive is called, without its ending; safe already. */
  name: string;
  /** Best first. */
  sizes: readonly DownloadSize[];
  /** Downloads are limited here. */
  counted: boolean;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // The same object for as long as the dialog is open: what is saved does not change under it.
  const [what] = useState(given);
  const [size, setSize] = useState<DownloadSize>(sizes[0] ?? "jpeg");
  const sum = useSum(what, size);
  const { standing, start, cancel } = useDownload(what);
  const isRunning = standing.state === "running";
  useEffect(() => dialog.current?.showModal(), []);
  const known = typeof sum === "object" ? sum : undefined;
  const [max, setMax] = useState(Number.POSITIVE_INFINITY);
  useEffect(() => void archiveMax().then(setMax), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClose={close}
      onCancel={(event) => {
        // Escape does not throw away what has taken an hour to come.
        if (isRunning) event.preventDefault();
      }}
      className="m-auto w-full max-w-lg rounded-lg border border-line bg-surface p-0 text-ink backdrop:bg-black/50"
    >
      <div className="grid gap-4 p-5">
        <div className="grid gap-1">
          <h2 id={heading} className="text-lg font-semibold">
            {w("title")}
          </h2>
          <p className="text-sm text-muted text-pretty">{w("lead")}</p>
        </div>
        {standing.state === "idle" || standing.state === "cancelled" || standing.state === "failed" ? (
          <>
            <Sizes sizes={sizes} size={size} choose={setSize} />
            <p role="status" className="font-medium">
              {sum === undefined ? w("summing") : sum === "failed" ? w("failed") : sumInWords(sum)}
            </p>
            {counted ? <p className="text-sm text-muted">{w("counted")}</p> : null}
            {known !== undefined && known.bytes > max ? (
              <p className="text-sm text-muted">{w("parts", { bytes: bytesInWords(max) })}</p>
            ) : null}
          </>
        ) : null}
        <Told standing={standing} count={known?.count ?? 0} />
        <div className="flex flex-wrap justify-end gap-2">
          {isRunning ? (
            <Button type="button" onClick={cancel}>
              {w("cancel")}
            </Button>
          ) : (
            <>
              <Button type="button" onClick={() => dialog.current?.close()}>
                {w("close")}
              </Button>
              {standing.state === "done" ? null : (
                <Button
                  type="button"
                  variant="primary"
                  disabled={known === undefined || known.count === 0}
                  onClick={() => void start(name, size, known?.bytes ?? 0)}
                >
                  {standing.state === "failed" ? w("again") : w("save")}
                </Button>
              )}
            </>
          )}
        </div>
      </div>
    </dialog>
  );
}
