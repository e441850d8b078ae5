"use client";
import { Download } from "lucide-react";
import { w } from "#lib/words/share.ts";
import { AboutPanel, type AboutProps } from "../../(gallery)/m/_ui/about-panel.tsx";
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
export function About(about: AboutProps) {
  return (
    <AboutPanel {...about} name={w("about")}>
      {(details) => (
        <>
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
    </AboutPanel>
  );
}
