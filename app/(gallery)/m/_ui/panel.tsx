"use client";
import { Download } from "lucide-react";
import type { RefObject } from "react";
import { w } from "#lib/words/lightbox.ts";
import { w as media } from "#lib/words/media.ts";
import type { Details } from "../details.ts";
import { AboutPanel, type AboutProps } from "./about-panel.tsx";
import {
  type BringBack,
  type Change,
  FavouriteForm,
  Rating,
  RatingForm,
  TrashForm,
  VisibilityForm,
} from "./forms.tsx";
import { TextsForm } from "./texts-form.tsx";

const sizeWords = {
  clip: "sizeClip",
  full: "sizeFull",
  large: "sizeLarge",
  jpeg: "sizeJpeg",
} as const satisfies Record<Details["sizes"][number]["size"], string>;

function Facts({ details }: { details: Details }) {
  return (
    <dl className="grid gap-3 text-sm">
      {details.facts.map(({ name, value, detail }) => (
        <div key={name}>
          <dt className="text-muted">{name}</dt>
          <dd>
            <bdi>{value}</bdi>
            {detail === undefined ? null : <span className="block text-muted">{detail}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Where else it can be found: under its tags and in its albums. */
function Places({ details }: { details: Details }) {
  const groups = [
    { name: w("tags"), links: details.tags.map(({ name, href }) => ({ key: href, name, href })) },
    {
      name: w("albums"),
      links: details.albums.map(({ id, title }) => ({ key: id, name: title, href: `/albums/${id}` })),
    },
  ].filter(({ links }) => links.length > 0);
  if (groups.length === 0) return null;
  return (
    <dl className="grid gap-3 text-sm">
      {groups.map(({ name, links }) => (
        <div key={name}>
          <dt className="text-muted">{name}</dt>
          <dd className="mt-1 flex flex-wrap gap-1.5">
            {links.map((link) => (
              <a
                key={link.key}
                href={link.href}
                className="inline-flex min-h-8 items-center rounded-full border border-line bg-raised px-3 hover:border-ink pointer-coarse:min-h-11"
              >
                <bdi>{link.name}</bdi>
              </a>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Everything known of the picture, and the forms that change it. All of it works without script. */
export function Panel({
  change,
  editing,
  bringBack,
  ...about
}: AboutProps & {
  change: Change;
  /** The part that opens for editing. */
  editing: RefObject<HTMLDetailsElement | null>;
  /** There when the picture is gone and stays only for what was typed about it. */
  bringBack: BringBack | undefined;
}) {
  return (
    <AboutPanel {...about} name={media("about")}>
      {(details) => (
        <>
          {details.mayRate ? (
            <RatingForm key={`${details.id} rating`} details={details} change={change} />
          ) : details.rating > 0 ? (
            <Rating rating={details.rating} />
          ) : null}
          <Places details={details} />
          <Facts details={details} />
          {details.download === undefined ? null : (
            <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
              <a
                href={details.download.href}
                download
                className="inline-flex min-h-10 items-center justify-center gap-2 rounded-md border border-line bg-surface px-4 text-sm font-medium hover:bg-raised"
              >
                <Download aria-hidden className="size-4" />
                {media(details.download.original ? "downloadOriginal" : "download")}
              </a>
              {details.sizes.map(({ href, size, width }) => (
                <a
                  key={size}
                  href={href}
                  download
                  className="inline-flex min-h-10 items-center text-sm underline"
                >
                  {media(sizeWords[size], { width: String(width) })}
                </a>
              ))}
            </div>
          )}
          {details.favourite === undefined ? null : (
            <FavouriteForm key={`${details.id} favourite`} details={details} />
          )}
          {details.mayEdit ? (
            <>
              <VisibilityForm key={`${details.id} visibility`} details={details} change={change} />
              <TextsForm
                key={details.id}
                details={details}
                change={change}
                editing={editing}
                bringBack={bringBack}
              />
              <TrashForm key={`${details.id} trash`} id={details.id} />
            </>
          ) : null}
        </>
      )}
    </AboutPanel>
  );
}
