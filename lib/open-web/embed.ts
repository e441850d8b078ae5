/** The gallery, or one public album, inside a page of another site: a page without scripts and without cookies. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { listPublicAlbums } from "#db/queries/open-web.ts";
import { getAlbum } from "../albums.ts";
import { delivery } from "../delivery/index.ts";
import type { GalleryRow } from "../gallery.ts";
import { openList } from "../lists.ts";
import { escaped, plainPage } from "../markup.ts";
import { renditionKey } from "../storage/keys.ts";
import { pageColours, type Theme, themes } from "../theme.ts";
import { words } from "../words.ts";
import { absolute, titleOf } from "./describe.ts";

const shownMax = 60;
const rowHeight = 180;

const style = `
*{box-sizing:border-box}
body{margin:0;padding:4px;font:.875rem/1.5 system-ui,sans-serif;background:light-dark(${pageColours.light},${pageColours.dark});color:light-dark(#1b1a19,#f1f0ee)}
ul{display:flex;flex-wrap:wrap;gap:4px;margin:0;padding:0;list-style:none}
ul::after{content:"";flex-grow:1000000}
li{flex-grow:calc(var(--r)*100);flex-basis:calc(var(--r)*${rowHeight}px);height:${rowHeight}px}
a{color:inherit}
li a{display:block;height:100%;background:var(--c)}
img{display:block;width:100%;height:100%;object-fit:cover}
a:focus-visible{outline:3px solid light-dark(#1f5fd0,#8ab4ff);outline-offset:-3px}
.foot{padding:.5rem .25rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between}
.foot a{min-height:1.5rem}
h1{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:30rem){li{flex-basis:calc(var(--r)*120px);height:120px}}`;

/** Everything of the address that may be asked for. */
const queryShape = z.object({
  theme: z.enum(["light", "dark"]).optional().catch(undefined),
  after: z.string().max(4000).optional(),
});

const clamp = (ratio: number): number => Math.round(Math.min(3, Math.max(0.5, ratio)) * 1000) / 1000;

function tile(row: GalleryRow, list: string): string {
  const ratio = clamp(row.width / row.height);
  const widths = row.avifWidths.filter((width) => width <= 960);
  const url = (width: number): string =>
    delivery().url(renditionKey(row.renditionFolder, width, "avif"), { cookieless: true });
  const jpeg = row.jpegWidths.at(0);
  const plain =
    jpeg === undefined
      ? ""
      : delivery().url(renditionKey(row.renditionFolder, jpeg, "jpg"), { cookieless: true });
  const sources = widths.map((width) => `${escaped(url(width))} ${width}w`).join(", ");
  const label = row.alt === "" ? titleOf(row) : row.alt;
  const from = list === "timeline" ? "" : `?list=${encodeURIComponent(list)}`;
  return `<li style="--r:${ratio};--c:#${row.color.toString(16).padStart(6, "0")}"><a href="${escaped(absolute(`/m/${row.id}${from}`))}" target="_blank" rel="noopener"><picture>${
    sources === ""
      ? ""
      : `<source type="image/avif" srcset="${sources}" sizes="${Math.round(ratio * rowHeight * 1.4)}px">`
  }<img src="${escaped(plain)}" alt="${escaped(label)}" loading="lazy" decoding="async" width="${Math.round(ratio * 100)}" height="100"></picture></a></li>`;
}

/** HTML; `undefined` for an album that is not public, or a place in the list that is none. */
export async function embedPage(
  db: Db,
  ask: { albumId: string | undefined; query: URLSearchParams },
): Promise<string | undefined> {
  const { theme, after } = queryShape.catch({}).parse(Object.fromEntries(ask.query));
  const album =
    ask.albumId === undefined ? undefined : await getAlbum(db, { viewer: undefined, id: ask.albumId });
  if (ask.albumId !== undefined && album?.visibility !== "public") return undefined;
  const list = album === undefined ? "timeline" : `album.${album.id}`;
  const page = await openList(list)?.page(db, { viewer: undefined, cursor: after, limit: shownMax });
  if (page === undefined) return undefined;
  const w = words("site");
  const title = album?.title ?? words("shared")("name");
  const home = absolute(album === undefined ? "/" : `/albums/${album.id}`);
  const more = new URLSearchParams({ ...(theme && { theme }), ...(page.next && { after: page.next }) });
  return plainPage({
    title,
    style,
    theme,
    head: '<meta name="robots" content="noindex">\n',
    // Named, and without a footer: a page that frames it has a main part and a footer of its own.
    body: `<main aria-label="${escaped(title)}">
<h1>${escaped(title)}</h1>
${page.media.length === 0 ? `<p>${escaped(w("embedEmpty"))}</p>` : `<ul>\n${page.media.map((row) => tile(row, list)).join("\n")}\n</ul>`}
<div class="foot"><a href="${escaped(home)}" target="_blank" rel="noopener">${escaped(title)}</a>${
      page.next === undefined ? "" : `<a href="?${escaped(more.toString())}">${escaped(w("embedMore"))}</a>`
    }</div>
</main>`,
  });
}

function embedAddress({ albumId, theme }: { albumId: string | undefined; theme?: Theme }): string {
  const query = theme === undefined || theme === "system" ? "" : `?theme=${theme}`;
  return absolute(`/embed${albumId === undefined ? "" : `/${albumId}`}${query}`);
}

/** The markup that another site takes over. */
export function embedSnippet(frame: {
  title: string;
  albumId: string | undefined;
  width: number | "100%";
  height: number;
  theme?: Theme;
}): string {
  return `<iframe src="${escaped(embedAddress(frame))}" width="${frame.width}" height="${frame.height}" title="${escaped(frame.title)}" loading="lazy" style="border:0"></iframe>`;
}

/** How an embedded page may be kept: the addresses in it live for an hour and more. */
export const embedKept = { "cache-control": "public, max-age=60", vary: "Accept-Language, Cookie" };

const choiceShape = z.object({
  album: z.uuid().optional().catch(undefined),
  theme: z.enum(themes).catch("system"),
  height: z.coerce.number().int().min(200).max(4000).catch(600),
});
const albumsMax = 100;

/** What the page that makes the markup offers, and the markup for what was chosen on it. */
export async function embedChoice(
  db: Db,
  asked: Record<string, string | string[] | undefined>,
): Promise<{
  albums: { id: string; title: string }[];
  albumId: string | undefined;
  height: number;
  theme: Theme;
  title: string;
  snippet: string;
  /** Of the frame, on this site. */
  src: string;
}> {
  const { album, theme, height } = choiceShape.parse(asked);
  const albums = await listPublicAlbums(db, albumsMax);
  const chosen = albums.find(({ id }) => id === album);
  const title = chosen?.title ?? words("shared")("name");
  const frame = { title, albumId: chosen?.id, theme };
  return {
    albums: albums.map(({ id, title }) => ({ id, title })),
    albumId: chosen?.id,
    height,
    theme,
    title,
    snippet: embedSnippet({ ...frame, width: "100%", height }),
    src: embedAddress(frame),
  };
}
