/** oEmbed 1.0 (https://oembed.com): how other sites show one of our public pictures, a public album or the gallery. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { findPublic } from "#db/queries/open-web.ts";
import { getAlbum } from "../albums.ts";
import { settings } from "../env.ts";
import { escaped } from "../markup.ts";
import { words } from "../words.ts";
import { absolute, pageOf, pictureOf, titleOf } from "./describe.ts";
import { embedSnippet } from "./embed.ts";

const side = z.coerce.number().int().min(1).max(100_000).optional();
const askShape = z.object({
  url: z.string().max(2000),
  format: z.string().max(20).default("json"),
  maxwidth: side,
  maxheight: side,
});
export type Embedding = Record<string, string | number>;
export type OembedAnswer =
  | { status: 200; format: "json" | "xml"; text: string }
  /** 400 for a question that is none, 404 for what is not public or not here, 501 for another format. */
  | { status: 400 | 404 | 501 };

const kept = { version: "1.0", cache_age: 3600 } as const;
const provider = (): Embedding => ({
  ...kept,
  provider_name: words("shared")("name"),
  provider_url: absolute("/"),
});

async function photo(
  db: Db,
  id: string,
  most: { width: number; height: number },
): Promise<Embedding | undefined> {
  const [row] = await findPublic(db, id);
  const picture = row && pictureOf(row, most);
  if (row === undefined || picture === undefined) return undefined;
  const thumbnail = pictureOf(row, { width: Math.min(400, most.width), height: Math.min(400, most.height) });
  const { license } = settings().openWeb;
  return {
    type: "photo",
    ...provider(),
    title: titleOf(row),
    ...picture,
    web_page: pageOf(row),
    ...(thumbnail === undefined
      ? {}
      : {
          thumbnail_url: thumbnail.url,
          thumbnail_width: thumbnail.width,
          thumbnail_height: thumbnail.height,
        }),
    ...(license === undefined ? {} : { license_url: license }),
  };
}

const frame = { width: 800, height: 600 };

function rich(
  title: string,
  albumId: string | undefined,
  most: { width: number; height: number },
): Embedding {
  const size = { width: Math.min(frame.width, most.width), height: Math.min(frame.height, most.height) };
  return { type: "rich", ...provider(), title, html: embedSnippet({ title, albumId, ...size }), ...size };
}

/** What is behind an address of ours, as far as everybody may know it. */
async function embedding(
  db: Db,
  address: URL,
  most: { width: number; height: number },
): Promise<Embedding | undefined> {
  const [, kind = "", id = "", rest] = address.pathname.split("/");
  if (address.origin !== settings().appUrl || rest !== undefined) return undefined;
  if (kind === "" && id === "") return rich(words("shared")("name"), undefined, most);
  if (!z.uuid().safeParse(id).success) return undefined;
  if (kind === "m") return photo(db, id, most);
  if (kind !== "albums") return undefined;
  const album = await getAlbum(db, { viewer: undefined, id });
  return album?.visibility === "public" ? rich(album.title, album.id, most) : undefined;
}

/** Answers the parameters of a request. What is private is not told from what is not there. */
export async function oembed(db: Db, query: URLSearchParams): Promise<OembedAnswer> {
  const asked = askShape.safeParse(Object.fromEntries([...query].filter(([, value]) => value !== "")));
  if (!asked.success) return { status: 400 };
  const { url, format, maxwidth, maxheight } = asked.data;
  if (format !== "json" && format !== "xml") return { status: 501 };
  const address = URL.parse(url);
  const found =
    address === null
      ? undefined
      : await embedding(db, address, {
          width: maxwidth ?? Number.POSITIVE_INFINITY,
          height: maxheight ?? Number.POSITIVE_INFINITY,
        });
  if (found === undefined) return { status: 404 };
  return { status: 200, format, text: format === "json" ? JSON.stringify(found) : xml(found) };
}

const xml = (found: Embedding): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<oembed>
${Object.entries(found)
  .map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`)
  .join("\n")}
</oembed>
`;

/** The addresses where a page's embedding is told, for its head. */
export const oembedLinks = (path: string): Record<string, string> => {
  const url = encodeURIComponent(absolute(path));
  return {
    "application/json+oembed": `/oembed?format=json&url=${url}`,
    "text/xml+oembed": `/oembed?format=xml&url=${url}`,
  };
};
