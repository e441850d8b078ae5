"use client";
import clsx from "clsx";
import { FolderOpen, ImagePlus } from "lucide-react";
import { useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/upload.ts";
import { size } from "./amounts.ts";
import { accepted, type SizeLimits } from "./judge.ts";
import { type Picked, pickFromFiles, pickFromHandles } from "./pick.ts";

type Picker = (options: {
  multiple: boolean;
  types: { description: string; accept: Record<string, string[]> }[];
}) => Promise<FileSystemHandle[]>;

/** The way in: large while there is nothing else on the page, a line when there is. */
export function Choose({
  take,
  small,
  most,
  plain,
}: {
  /** `undefined` until the page runs and can take something. */
  take: ((files: AsyncIterable<Picked>) => void) | undefined;
  small: boolean;
  most: SizeLimits;
  /** Whether there is a form that works without script. */
  plain: boolean;
}) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  const choose = async () => {
    const picker = "showOpenFilePicker" in window ? (window.showOpenFilePicker as Picker) : undefined;
    if (picker === undefined) return files.current?.click();
    const types = [
      { description: w("choosePictures"), accept: { "image/*": accepted.match(/\.\w+/g) ?? [] } },
    ];
    try {
      take?.(pickFromHandles(await picker({ multiple: true, types })));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // Closed without choosing; anything else (a frame, a policy) leaves the plain input.
      if (error.name !== "AbortError") files.current?.click();
    }
  };

  const taken = (input: HTMLInputElement) => {
    take?.(pickFromFiles([...(input.files ?? [])]));
    // Otherwise choosing the same file again would not be heard.
    input.value = "";
  };

  return (
    <div
      className={clsx(
        "rounded-lg border border-dashed border-line bg-surface",
        small
          ? "flex flex-wrap items-center justify-between gap-3 p-3"
          : "grid justify-items-center gap-5 px-4 py-12 text-center sm:py-20",
      )}
    >
      {small ? (
        <p className="px-1 text-sm text-muted pointer-coarse:hidden">{w("dropMore")}</p>
      ) : (
        <>
          <ImagePlus aria-hidden className="size-12 text-muted" strokeWidth={1.25} />
          <div className="grid gap-1">
            <h2 className="text-lg font-semibold pointer-coarse:hidden">{w("dropTitle")}</h2>
            <p className="text-muted pointer-coarse:hidden">{w("dropText")}</p>
            <p className="hidden text-muted pointer-coarse:block">{w("dropTextTouch")}</p>
          </div>
        </>
      )}
      <div className="flex flex-wrap justify-center gap-2">
        <Button variant="primary" size={small ? "sm" : "md"} disabled={take === undefined} onClick={choose}>
          <ImagePlus aria-hidden className="size-4" />
          {w("choosePictures")}
        </Button>
        <Button
          size={small ? "sm" : "md"}
          className="pointer-coarse:hidden"
          disabled={take === undefined}
          onClick={() => folder.current?.click()}
        >
          <FolderOpen aria-hidden className="size-4" />
          {w("chooseFolder")}
        </Button>
      </div>
      <noscript>
        <p className="max-w-prose text-sm text-pretty">
          {w("needsScript")}{" "}
          {plain ? (
            <a href="/upload/plain" className="text-accent underline">
              {w("plainLink")}
            </a>
          ) : null}
        </p>
      </noscript>
      {small ? null : (
        <p className="text-sm text-muted">
          {w("accepts", { size: size(most.bytesMax), video: size(most.videoBytesMax) })}
        </p>
      )}
      <input
        ref={files}
        type="file"
        multiple
        accept={accepted}
        hidden
        aria-label={w("choosePictures")}
        data-pick="files"
        onChange={(event) => taken(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        multiple
        // React has no name for it; every browser has it under this one.
        {...{ webkitdirectory: "" }}
        hidden
        aria-label={w("chooseFolder")}
        data-pick="folder"
        onChange={(event) => taken(event.currentTarget)}
      />
    </div>
  );
}
