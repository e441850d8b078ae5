"use client";
import { Link, Share2 } from "lucide-react";
import { w } from "#lib/words/lightbox.ts";
import { FormDialog } from "../../select/dialog.tsx";
import type { Details } from "../details.ts";
import { sharePicture } from "./share.ts";
import type { Told } from "./toast.tsx";

const choice =
  "flex min-h-11 w-full items-start gap-3 rounded-md border border-line px-3 py-2.5 text-start text-sm hover:bg-raised";

/** Two ways for whoever owns the picture: its own address, or a link for somebody that can be taken back. */
export function ShareDialog({
  details,
  tell,
  close,
}: {
  details: Details;
  tell: (told: Told) => void;
  close: () => void;
}) {
  const { id, heading, visibility } = details;
  const copy = async (): Promise<void> => {
    const answer = await sharePicture(id, heading, details);
    close();
    if (answer !== undefined) tell(answer);
  };
  const ways = [
    <button key="copy" type="button" onClick={() => void copy()} className={choice}>
      <Link aria-hidden className="mt-0.5 size-5 shrink-0" />
      <span>
        <span className="block font-medium">{w("shareCopy")}</span>
        <span className="block text-muted">
          {w(visibility === "private" ? "linkPrivate" : "shareCopyHint")}
        </span>
      </span>
    </button>,
    // A page of its own: a link within the gallery would leave the picture standing over it.
    <a key="new" href={`/shares/new?ids=${id}`} className={choice}>
      <Share2 aria-hidden className="mt-0.5 size-5 shrink-0" />
      <span>
        <span className="block font-medium">{w("shareNew")}</span>
        <span className="block text-muted">{w("shareNewHint")}</span>
      </span>
    </a>,
  ];
  return (
    <FormDialog title={w("shareTitle")} close={close}>
      {/* First what leads to the goal: the address of a private picture opens for nobody else. */}
      <div className="grid gap-2">{visibility === "private" ? ways.toReversed() : ways}</div>
    </FormDialog>
  );
}
