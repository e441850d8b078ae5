import { Globe, Link2 } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "#app/_ui/button.tsx";
import type { AlbumCard, AlbumPage } from "#lib/albums.ts";
import { delivery } from "#lib/delivery/index.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { words } from "#lib/words.ts";

const w = words("albums");

/** Pixels that a card's cover fills on a fine screen. */
const coverPixels = 640;

function Cover({ album }: { album: AlbumCard }) {
  const { cover } = album;
  if (cover === undefined)
    return (
      <div className="grid aspect-[4/3] w-full place-items-center rounded-lg bg-raised text-muted">
        <svg viewBox="0 0 64 48" aria-hidden="true" className="w-12">
          <path
            d="M4 12h22l5 5h29v27H4z"
            fill="none"
            stroke="currentColor"
            strokeWidth="2"
            strokeLinejoin="round"
          />
        </svg>
      </div>
    );
  const { url } = delivery();
  const enough = cover.avifWidths.findIndex((width) => width >= coverPixels);
  const widths = enough === -1 ? cover.avifWidths : cover.avifWidths.slice(0, enough + 1);
  return (
    <img
      alt=""
      width={cover.width}
      height={cover.height}
      loading="lazy"
      decoding="async"
      sizes="(min-width: 1920px) 12vw, (min-width: 1280px) 20vw, (min-width: 640px) 30vw, 46vw"
      srcSet={widths
        .map((width) => `${url(renditionKey(cover.renditionFolder, width, "avif"))} ${width}w`)
        .join(",")}
      style={{ backgroundColor: `#${cover.color.toString(16).padStart(6, "0")}` }}
      className="aspect-[4/3] w-full rounded-lg object-cover"
    />
  );
}

function Seen({ album }: { album: AlbumCard }) {
  if (!album.own || album.visibility === "private") return null;
  const Icon = album.visibility === "public" ? Globe : Link2;
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <Icon aria-hidden className="size-3.5 shrink-0" />
      <span className="truncate">{w(album.visibility)}</span>
    </span>
  );
}

const galleryHref = (id: string): string => `/albums/${id}`;

/** Albums side by side; `more` leads to those that follow. */
export function Cards({
  page,
  more,
  href = galleryHref,
}: {
  page: AlbumPage;
  more: (cursor: string) => string;
  href?: (id: string) => string;
}) {
  return (
    <>
      <ul className="grid grid-cols-2 gap-x-3 gap-y-5 sm:grid-cols-3 sm:gap-x-5 lg:grid-cols-4 xl:grid-cols-5 min-[100rem]:grid-cols-6 min-[120rem]:grid-cols-8">
        {page.albums.map((album) => (
          <li key={album.id}>
            <Link href={href(album.id)} className="group grid gap-2 rounded-lg">
              <Cover album={album} />
              <span className="grid min-w-0 px-0.5">
                <span className="line-clamp-2 font-medium text-pretty group-hover:underline">
                  {album.title}
                </span>
                <span className="flex flex-wrap gap-x-3 text-sm text-muted">
                  {w("count", { count: album.count })} <Seen album={album} />
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {page.next === undefined ? null : (
        <p className="flex justify-center pt-6">
          <ButtonLink href={more(page.next)} rel="next" variant="plain">
            {w("moreAlbums")}
          </ButtonLink>
        </p>
      )}
    </>
  );
}
