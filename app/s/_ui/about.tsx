"use client";
import { Download, X } from "lucide-react";
import type { ComponentProps } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w as box } from "#lib/words/lightbox.ts";
import { w } from "#lib/words/share.ts";
import type { Panel } from "../../(gallery)/m/_ui/panel.tsx";
import type { Details } from "../../(gallery)/m/details.ts";
import type { SharedDetails } from "../opened.ts";

const isShared = (details: Details): details is SharedDetails => "offers" in details;

function Offers({ details }: { details: SharedDetails }) {
  if (details.downloadsUsed)
    return (
      <p className="text-sm text-muted">
        <span className="font-medium text-ink">{w("downloadsUsedTitle")}</span> {w("downloadsUsedText")}
      </p>
    );
  if (details.offers.length === 0) return null;
  return (
    <section className="grid gap-2">
      <h3 className="text-sm font-medium text-muted">{w("downloads")}</h3>
      <ul className="flex flex-wrap gap-2">
        {details.offers.map(({ href, text }) => (
          <li key={href}>
            <a
              href={href}
              rel="nofollow"
              download
              className="inline-flex min-h-10 items-center justify-center gap-2 rounded-md border border-line bg-surface px-4 text-sm font-medium hover:bg-raised"
            >
              <Download aria-hidden className="size-4" />
              {text}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What a visitor may read of the picture, and the sizes it may be saved in. */
export function About({ details, failed, again, close }: ComponentProps<typeof Panel>) {
  return (
    <section id="about-picture" aria-label={w("about")} tabIndex={-1} className="panel outline-none">
      <div className="flex items-center justify-between gap-2">
        <h2 className="text-base font-semibold">{w("about")}</h2>
        <button
          type="button"
          onClick={close}
          aria-label={box("infoClose")}
          className="needs-script -me-2 inline-flex size-11 items-center justify-center rounded-full hover:bg-raised"
        >
          <X aria-hidden className="size-5" />
        </button>
      </div>
      {details === undefined ? (
        failed ? (
          <div className="grid justify-items-start gap-3 text-sm">
            <p role="alert">{box("detailsFailed")}</p>
            <Button size="sm" onClick={again}>
              {box("tryAgain")}
            </Button>
          </div>
        ) : (
          <p className="text-sm text-muted">{box("loading")}</p>
        )
      ) : (
        <>
          {details.title === "" ? null : <p className="text-lg font-medium text-balance">{details.title}</p>}
          {details.description === "" ? null : (
            <p className="text-pretty whitespace-pre-line">{details.description}</p>
          )}
          <dl className="grid gap-3 text-sm">
            {details.facts.map(({ name, value }) => (
              <div key={name}>
                <dt className="text-muted">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {isShared(details) ? <Offers details={details} /> : null}
        </>
      )}
    </section>
  );
}
