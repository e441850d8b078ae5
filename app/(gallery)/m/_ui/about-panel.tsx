"use client";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/lightbox.ts";
import type { Details } from "../details.ts";

export type AboutProps = {
  /** Undefined while one has only just come to the picture. */
  details: Details | undefined;
  failed: boolean;
  again: () => void;
  close: () => void;
};

function Texts({ title, description }: Pick<Details, "title" | "description">) {
  if (title === "" && description === "") return null;
  return (
    <div className="grid gap-2">
      {title === "" ? null : <p className="text-lg font-medium text-balance">{title}</p>}
      {description === "" ? null : <p className="text-pretty whitespace-pre-line">{description}</p>}
    </div>
  );
}

function Missing({ failed, again }: Pick<AboutProps, "failed" | "again">) {
  if (!failed) return <p className="text-sm text-muted">{w("loading")}</p>;
  return (
    <div className="grid justify-items-start gap-3 text-sm">
      <p role="alert">{w("detailsFailed")}</p>
      <Button size="sm" onClick={again}>
        {w("tryAgain")}
      </Button>
    </div>
  );
}

/** Beside the picture: its title and description, and what the viewer may read and do besides. */
export function AboutPanel({
  name,
  details,
  failed,
  again,
  close,
  children,
}: AboutProps & { name: string; children: (details: Details) => ReactNode }) {
  return (
    <section id="about-picture" aria-label={name} tabIndex={-1} className="panel outline-none">
      <div className="flex items-center justify-between gap-2">
        <h2 className="text-base font-semibold">{name}</h2>
        <button
          type="button"
          onClick={close}
          aria-label={w("infoClose")}
          className="needs-script -me-2 inline-flex size-11 items-center justify-center rounded-full hover:bg-raised"
        >
          <X aria-hidden className="size-5" />
        </button>
      </div>
      {details === undefined ? (
        <Missing failed={failed} again={again} />
      ) : (
        <>
          <Texts {...details} />
          {children(details)}
        </>
      )}
    </section>
  );
}
