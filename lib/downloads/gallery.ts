/** What people save from the gallery: a list, an album with the albums in it as folders, or what they have chosen. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/downloads.ts";
import { getAlbum, listAlbumsIn } from "../albums.ts";
import { chosenIn } from "../bulk/change.ts";
import type { Selection } from "../bulk/shapes.ts";
import { TintypeError } from "../errors.ts";
import { openList } from "../lists.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { add, addressesOf, filesOf, galleryManner, mediaBehind, nothing, sumIn } from "./list.ts";
import {
  type Addresses,
  countedMax,
  type DownloadPage,
  type DownloadSize,
  type DownloadSum,
  listedMax,
} from "./shapes.ts";

type Ask = { viewer: Viewer | undefined; size: DownloadSize };
/** A list by its name, or a selection. */
export type DownloadOf = { list: string } | { selection: Selection };

const visible = (viewer: Viewer | undefined) => ({ viewerId: viewer?.id, all: canAdminister(viewer) });

/** One list of several that are saved together, and the folders its files go into. */
type Part = { list: string; folder: string[] };

/** How many albums in an album are looked into; more are an archive nobody unpacks. */
const albumsMax = 300;
const albumsAtOnce = 100;

/** The lists a list is saved as: an album brings those in it along, each in its folder. */
async function partsOf(db: Db, viewer: Viewer | undefined, list: string): Promise<Part[]> {
  const id = /^album\.(.+)$/.exec(list)?.[1];
  const root = id === undefined ? undefined : await getAlbum(db, { viewer, id });
  const parts: Part[] = [{ list, folder: [] }];
  const waiting =
    root === undefined
      ? []
      : [{ album: { id: root.id, visibility: root.visibility }, folder: [] as string[] }];
  for (const { album, folder } of waiting) {
    let cursor: string | undefined;
    do {
      const page = await listAlbumsIn(db, { viewer, cursor, limit: albumsAtOnce, album });
      for (const card of page.albums) {
        if (parts.length > albumsMax) return parts;
        const inside = [...folder, card.title];
        parts.push({ list: `album.${card.id}`, folder: inside });
        waiting.push({ album: { id: card.id, visibility: card.visibility }, folder: inside });
      }
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return parts;
}

const placeShape = z.tuple([z.int().min(0), z.string().max(2000)]);
const momentShape = z.tuple([z.int().min(-8.64e15).max(8.64e15), z.uuid()]);

/** Throws "not_found" for what is no cursor of ours. */
function read<Place>(shape: z.ZodType<Place>, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parsed = shape.safeParse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new TintypeError("not_found");
}

const write = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString("base64url");

const idsOf = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id);

async function chosenBy(db: Db, viewer: Viewer | undefined, selection: Selection) {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  const reach = { userId: viewer.id, administers: canAdminister(viewer), wants: "see" } as const;
  return { chosen: await chosenIn(db, viewer, selection), reach };
}

/** A page of what is to be saved. Throws "not_found" for a list that is not there for the viewer, "unauthenticated". */
export async function listDownload(
  db: Db,
  { viewer, size, of, cursor }: Ask & { of: DownloadOf; cursor: string | undefined },
): Promise<DownloadPage> {
  const manner = galleryManner(viewer);
  if ("selection" in of) {
    const at = read(momentShape, cursor);
    const found = await rows.listSelected(db, {
      ...(await chosenBy(db, viewer, of.selection)),
      from: at === undefined ? undefined : { takenAt: new Date(at[0]), id: at[1] },
      limit: listedMax,
    });
    const last = found.at(-1);
    return {
      files: filesOf(await rows.listFiles(db, idsOf(found)), size, manner),
      next: found.length === listedMax && last ? write([last.takenAt.getTime(), last.id]) : undefined,
    };
  }
  const [n, below] = read(placeShape, cursor) ?? [0, ""];
  const parts = await partsOf(db, viewer, of.list);
  const part = parts[n];
  const page =
    part === undefined
      ? undefined
      : await openList(part.list)?.page(db, {
          viewer,
          cursor: below === "" ? undefined : below,
          limit: listedMax,
        });
  if (part === undefined || page === undefined) throw new TintypeError("not_found");
  const after = page.next === undefined ? (n + 1 < parts.length ? [n + 1, ""] : undefined) : [n, page.next];
  return {
    files: filesOf(await rows.listFiles(db, idsOf(page.media)), size, manner, part.folder),
    next: after === undefined ? undefined : write(after),
  };
}

/** Fresh addresses of files by their ids; what the viewer may not see is left out. */
export async function downloadAddresses(
  db: Db,
  { viewer, size, ids }: Ask & { ids: string[] },
): Promise<Addresses> {
  return addressesOf(
    // What is no id of ours leads nowhere.
    await rows.listFiles(
      db,
      mediaBehind(ids).filter((id) => z.uuid().safeParse(id).success),
      visible(viewer),
    ),
    size,
    galleryManner(viewer),
  );
}

/** Walks no further than this to say how much a list holds. */
const walkedMax = 5_000;

/** How many files and about how many bytes it will be. Throws "not_found", "unauthenticated". */
export async function sumDownload(
  db: Db,
  { viewer, size, of }: Ask & { of: DownloadOf },
): Promise<DownloadSum> {
  if ("selection" in of) {
    const { chosen, reach } = await chosenBy(db, viewer, of.selection);
    return sumIn(await rows.sumSelected(db, chosen, reach, countedMax + 1), size);
  }
  const manner = galleryManner(viewer);
  let sum = nothing;
  for (const { list } of await partsOf(db, viewer, of.list)) {
    let cursor: string | undefined;
    do {
      const page = await openList(list)?.page(db, { viewer, cursor, limit: listedMax });
      if (page === undefined) throw new TintypeError("not_found");
      for (const row of await rows.listFiles(db, idsOf(page.media))) sum = add(sum, row, manner);
      cursor = page.next;
      if (sum.count >= walkedMax && cursor !== undefined) return { ...sumIn(sum, size), more: true };
    } while (cursor !== undefined);
  }
  return sumIn(sum, size);
}
