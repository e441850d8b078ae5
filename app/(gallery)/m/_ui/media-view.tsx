import { Download } from "lucide-react";
import { delivery } from "#lib/delivery/index.ts";
import { settings } from "#lib/env.ts";
import type { MediaDetails, Neighbour } from "#lib/gallery.ts";
import { downloadName } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { altOf, factsOf, headingOf } from "../facts.ts";
import { jpegOf, largeOf, motionOf, previewOf } from "../renditions.ts";
import { Beside } from "./beside.tsx";
import { Manage, type ManageWords } from "./manage.tsx";
import { Picture } from "./picture.tsx";
import "../media.css";

const w = words("media");

const manageWords = perLocale(
  (): ManageWords => ({
    visibility: w("visibility"),
    visibilitySave: w("visibilitySave"),
    edit: w("edit"),
    title: w("title"),
    description: w("description"),
    alt: w("alt"),
    altHint: w("altHint"),
    save: w("save"),
    trash: w("trash"),
    undo: w("undo"),
    working: w("working"),
  }),
);

const choicesFor = (media: MediaDetails) =>
  settings().visibilities.map((value) => ({
    value,
    label: value === "private" && !media.own ? w("privateOfOther") : w(value),
    hint: w(`${value}Hint`),
  }));

/** Originals for those who may have them, the JPEG rendition for everybody else. */
function DownloadLink({ media }: { media: MediaDetails }) {
  const isOriginal = media.originalKey !== undefined;
  const href =
    media.originalKey === undefined
      ? jpegOf(media, `${headingOf(media)}.jpg`)
      : delivery().url(media.originalKey, {
          download: downloadName(media.filename ?? headingOf(media), media.mime),
          // An adopted object keeps the type it was given by whoever wrote it, right or wrong.
          contentType: media.mime,
        });
  if (href === undefined) return null;
  return (
    <a
      href={href}
      download
      className="inline-flex min-h-10 items-center justify-center gap-2 rounded-md border border-line bg-surface px-4 text-sm font-medium hover:bg-raised"
    >
      <Download aria-hidden className="size-4" />
      {w(isOriginal ? "downloadOriginal" : "download")}
    </a>
  );
}

function Facts({ media }: { media: MediaDetails }) {
  return (
    <dl className="grid gap-3 text-sm">
      {factsOf(media).map(({ name, value, detail }) => (
        <div key={name}>
          <dt className="text-muted">{name}</dt>
          <dd>
            {value}
            {detail === undefined ? null : <span className="block text-muted">{detail}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** One picture with everything about it: the whole of its own page, and the inside of the dialog over a list. */
export function MediaView({
  media,
  beside,
  inDialog,
}: {
  media: MediaDetails;
  beside: { previous?: Neighbour; next?: Neighbour };
  inDialog: boolean;
}) {
  return (
    <article className="view">
      <Beside
        previous={beside.previous?.id}
        next={beside.next?.id}
        replace={inDialog}
        ratio={media.width / media.height}
        words={{ previous: w("previous"), next: w("next") }}
      >
        <Picture
          key={media.id}
          large={largeOf(media)}
          preview={previewOf(media)}
          motion={motionOf(media)}
          ahead={[beside.next, beside.previous].filter((one) => one !== undefined).map(largeOf)}
          alt={altOf(media)}
          width={media.width}
          height={media.height}
          color={`#${media.color.toString(16).padStart(6, "0")}`}
          words={{ play: w("play"), pause: w("pause"), unavailable: w("unavailable") }}
        />
      </Beside>
      <section aria-label={w("about")} className="grid content-start gap-6 p-4 sm:p-6">
        <div className={inDialog ? "grid gap-2 lg:pr-12" : "grid gap-2"}>
          <h1 className="text-xl font-semibold tracking-tight text-balance">{headingOf(media)}</h1>
          {media.description === "" ? null : (
            <p className="text-pretty whitespace-pre-line">{media.description}</p>
          )}
        </div>
        <Facts media={media} />
        <div className="flex flex-wrap gap-2">
          <DownloadLink media={media} />
        </div>
        {media.mayEdit ? (
          <Manage
            key={media.id}
            id={media.id}
            visibility={media.visibility}
            choices={choicesFor(media)}
            texts={{ title: media.title, description: media.description, alt: media.alt }}
            words={manageWords()}
          />
        ) : null}
      </section>
    </article>
  );
}
