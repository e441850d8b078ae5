/** What a search engine is told of a public picture: schema.org, without its owner's name and without its place. */
import type { Db } from "#db/client.ts";
import { findPublic, type OpenRow } from "#db/queries/open-web.ts";
import { settings } from "../env.ts";
import { writtenOut } from "../uploads/taken.ts";
import { altOf, pageOf, pictureOf, titleOf } from "./describe.ts";

/** JSON-LD for a script element: no "<" in it can end that element. `undefined` when there is no picture to name. */
export function structuredData(row: OpenRow): string | undefined {
  const picture = pictureOf(row);
  const thumbnail = pictureOf(row, { width: 400, height: 400 });
  if (picture === undefined || thumbnail === undefined) return undefined;
  const { license, credit } = settings().openWeb;
  const data = {
    "@context": "https://schema.org",
    name: titleOf(row),
    description: row.description === "" ? altOf(row) : row.description,
    url: pageOf(row),
    thumbnailUrl: thumbnail.url,
    uploadDate: row.createdAt.toISOString(),
    ...(row.takenSource === "upload" ? {} : { dateCreated: writtenOut(row) }),
    ...(license === undefined ? {} : { license }),
    ...(credit === undefined ? {} : { creditText: credit, copyrightNotice: credit }),
    ...(row.kind === "video"
      ? {
          "@type": "VideoObject",
          ...(row.duration === null ? {} : { duration: `PT${(row.duration / 1000).toFixed(1)}S` }),
        }
      : {
          "@type": "ImageObject",
          contentUrl: picture.url,
          encodingFormat: "image/jpeg",
          width: picture.width,
          height: picture.height,
          representativeOfPage: true,
        }),
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

/** The same by its id; `undefined` for whatever is not public. */
export async function structuredDataOf(db: Db, id: string): Promise<string | undefined> {
  const [row] = await findPublic(db, id);
  return row === undefined ? undefined : structuredData(row);
}
