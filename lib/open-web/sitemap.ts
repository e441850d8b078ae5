/**
 * Sitemaps of what is public. Ids are random, so a range of ids holds its share of a library of any size: each file is
 * one walk along the primary key, and keeps its name while pictures come and go.
 */
import type { Db } from "#db/client.ts";
import { countPublic, listPublicAlbums, listPublicBetween } from "#db/queries/open-web.ts";
import { settings } from "../env.ts";
import { escaped } from "../markup.ts";
import { absolute, pageOf } from "./describe.ts";

/** A file is meant to hold so many; twice as many before the ranges are cut finer is no harm. */
const wanted = 10_000;
/** What the protocol allows; https://www.sitemaps.org/protocol.html. */
const most = 50_000;
const digitsMax = 4;

/** How many hex digits name a range, for so many public media. */
export function digitsFor(count: number): number {
  let digits = 0;
  while (digits < digitsMax && count > wanted * 16 ** digits) digits += 1;
  return digits;
}

const ranges = (digits: number): string[] =>
  digits === 0
    ? ["all"]
    : Array.from({ length: 16 ** digits }, (_, n) => n.toString(16).padStart(digits, "0"));

const uuid = (hex: string): string =>
  hex.padEnd(32, "0").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** [from, to) of ids that begin with these digits; "" is every id. */
export function rangeOf(digits: string): { from: string; to: string | undefined } {
  const next = digits === "" ? 0 : Number.parseInt(digits, 16) + 1;
  const last = digits === "" || next >= 16 ** digits.length;
  return { from: uuid(digits), to: last ? undefined : uuid(next.toString(16).padStart(digits.length, "0")) };
}

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';

/** The index of all of them. */
export async function sitemapIndex(db: Db): Promise<string> {
  const names = [...ranges(digitsFor(await countPublic(db))), "albums"];
  return `${head}<sitemapindex ${space}>
${names.map((name) => `<sitemap><loc>${escaped(absolute(`/sitemap/${name}.xml`))}</loc></sitemap>`).join("\n")}
</sitemapindex>
`;
}

/** One file by its name without the ending; `undefined` for a name that is none. */
export async function sitemap(db: Db, name: string): Promise<string | undefined> {
  if (name === "albums") {
    const albums = await listPublicAlbums(db, most - 1);
    return urls([
      `<url><loc>${escaped(absolute("/"))}</loc></url>`,
      ...albums.map(({ id, updatedAt }) => url(absolute(`/albums/${id}`), updatedAt, "")),
    ]);
  }
  if (name !== "all" && !/^[0-9a-f]{1,4}$/.test(name)) return undefined;
  const rows = await listPublicBetween(db, { ...rangeOf(name === "all" ? "" : name), limit: most });
  return urls(
    rows.map((row) =>
      url(
        pageOf(row),
        row.updatedAt,
        `<image:image><image:loc>${escaped(`${pageOf(row)}/picture.jpg`)}</image:loc></image:image>`,
      ),
    ),
  );
}

const url = (address: string, modified: Date, more: string): string =>
  `<url><loc>${escaped(address)}</loc><lastmod>${modified.toISOString()}</lastmod>${more}</url>`;

const urls = (
  entries: string[],
): string => `${head}<urlset ${space} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
${entries.join("\n")}
</urlset>
`;

/** Where robots have nothing to look for. Shares are not named: their pages say themselves that they are not to be kept. */
const closed = [
  "/account",
  "/admin",
  "/api/",
  "/embed",
  "/favourites",
  "/invite/",
  "/more",
  "/oembed",
  "/offline",
  "/preferences",
  "/search",
  "/setup",
  "/sign-in",
  "/timeline",
  "/trash",
  "/upload",
];

/** robots.txt. */
export const robots = (): string =>
  [
    "User-agent: *",
    ...closed.map((path) => `Disallow: ${path}`),
    "",
    `Sitemap: ${settings().appUrl}/sitemap.xml`,
    "",
  ].join("\n");
