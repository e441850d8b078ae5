/** What is new and public, as RSS 2.0 with Media RSS and as JSON Feed 1.1. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { listPublicAdded, listPublicOfAlbum, type OpenRow } from "#db/queries/open-web.ts";
import { getAlbum } from "../albums.ts";
import { settings } from "../env.ts";
import { locale } from "../locale.ts";
import { escaped } from "../markup.ts";
import { words } from "../words.ts";
import { absolute, altOf, pageOf, pictureOf, titleOf } from "./describe.ts";

const entriesMax = 50;

export type Feed = {
  title: string;
  description: string;
  /** Absolute addresses: the page it tells of, and its own without the ending. */
  page: string;
  self: string;
  rows: OpenRow[];
};

/** The newest public media of the gallery. */
export async function galleryFeed(db: Db): Promise<Feed> {
  const w = words("shared");
  return {
    title: w("name"),
    description: w("tagline"),
    page: absolute("/"),
    self: absolute("/feed"),
    rows: await listPublicAdded(db, entriesMax),
  };
}

/** The public media put last into a public album; `undefined` when there is no such album. */
export async function albumFeed(db: Db, id: string): Promise<Feed | undefined> {
  const album = z.uuid().safeParse(id).success ? await getAlbum(db, { viewer: undefined, id }) : undefined;
  if (album?.visibility !== "public") return undefined;
  return {
    title: album.title,
    description: album.description,
    page: absolute(`/albums/${album.id}`),
    self: absolute(`/feed/${album.id}`),
    rows: await listPublicOfAlbum(db, album.id, entriesMax),
  };
}

/** When the newest thing in it last changed. */
export const modifiedOf = ({ rows }: Feed): Date | undefined =>
  rows.length === 0 ? undefined : new Date(Math.max(...rows.map((row) => row.updatedAt.getTime())));

const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`;

function body(row: OpenRow): string {
  const picture = pictureOf(row);
  const image =
    picture === undefined
      ? ""
      : `<p><a href="${pageOf(row)}"><img src="${picture.url}" width="${picture.width}" height="${picture.height}" alt="${escaped(altOf(row))}"></a></p>`;
  return row.description === ""
    ? image
    : `${image}<p>${escaped(row.description).replaceAll("\n", "<br>")}</p>`;
}

function rssItem(row: OpenRow): string {
  const picture = pictureOf(row);
  const thumbnail = pictureOf(row, { width: 400, height: 400 });
  const media =
    picture === undefined
      ? ""
      : // The length is not known here, and zero is how feeds say so.
        `<enclosure url="${escaped(picture.url)}" type="image/jpeg" length="0"/>
<media:content url="${escaped(picture.url)}" medium="image" type="image/jpeg" width="${picture.width}" height="${picture.height}">
<media:title type="plain">${escaped(titleOf(row))}</media:title>
<media:description type="plain">${escaped(altOf(row))}</media:description>
${thumbnail === undefined ? "" : `<media:thumbnail url="${escaped(thumbnail.url)}" width="${thumbnail.width}" height="${thumbnail.height}"/>`}
</media:content>`;
  return `<item>
${element("title", titleOf(row))}
${element("link", pageOf(row))}
<guid isPermaLink="true">${escaped(pageOf(row))}</guid>
${element("pubDate", row.createdAt.toUTCString())}
${element("description", body(row))}
${media}
</item>`;
}

/** application/rss+xml. */
export function rss(feed: Feed): string {
  const { license, credit } = settings().openWeb;
  const modified = modifiedOf(feed);
  const rights = [credit, license].filter((part) => part !== undefined).join(" · ");
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
${element("title", feed.title)}
${element("link", feed.page)}
${element("description", feed.description)}
${element("language", locale())}
${rights === "" ? "" : element("copyright", rights)}
${modified === undefined ? "" : element("lastBuildDate", modified.toUTCString())}
<atom:link href="${escaped(feed.self)}.xml" rel="self" type="application/rss+xml"/>
${feed.rows.map(rssItem).join("\n")}
</channel>
</rss>
`;
}

/** application/feed+json. */
export function jsonFeed(feed: Feed): string {
  return JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    title: feed.title,
    description: feed.description,
    home_page_url: feed.page,
    feed_url: `${feed.self}.json`,
    language: locale(),
    items: feed.rows.map((row) => {
      const picture = pictureOf(row);
      return {
        id: pageOf(row),
        url: pageOf(row),
        title: titleOf(row),
        content_html: body(row),
        ...(row.description === "" ? {} : { summary: row.description.slice(0, 200) }),
        ...(picture === undefined
          ? {}
          : {
              image: picture.url,
              attachments: [{ url: picture.url, mime_type: "image/jpeg", title: altOf(row) }],
            }),
        date_published: row.createdAt.toISOString(),
        date_modified: row.updatedAt.toISOString(),
      };
    }),
  });
}
