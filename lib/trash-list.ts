/** One's own trash: what is in it, until when, and the way back. */
import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import * as rows from "#db/queries/trash.ts";
import { lockQuota, settleQuota } from "#db/queries/uploads.ts";
import type { Db } from "./database.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { restore } from "./library.ts";
import { canUpload, limits, type Viewer } from "./media.ts";

/** As many as may be restored at once. */
export const trashPageRows: number = limits.batchMax;

export type TrashRow = Omit<Awaited<ReturnType<typeof rows.listTrashed>>[number], "goesAt"> & {
  /** From then on it may be gone for good. */
  goesAt: Date;
};
/** `next` is opaque and leads to what was thrown away earlier. */
export type TrashPage = { rows: TrashRow[]; next: string | undefined };

const cursorShape = z.tuple([z.int().min(-8.64e15).max(8.64e15), z.uuid()]);

const writeCursor = ({ deletedAt, id }: rows.TrashPlace): string =>
  Buffer.from(JSON.stringify([deletedAt.getTime(), id])).toString("base64url");

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** `undefined` for what is no cursor: the list then starts at its beginning. */
function readCursor(text: string | undefined): rows.TrashPlace | undefined {
  const read = cursorShape.safeParse(text === undefined ? undefined : parsed(text));
  return read.success ? { deletedAt: new Date(read.data[0]), id: read.data[1] } : undefined;
}

function ownerOf(viewer: Viewer | undefined): string {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (!canUpload(viewer)) throw new TintypeError("forbidden");
  return viewer.id;
}

/**
 * A page of the viewer's own trash, newest thrown away first; the first page when nothing is left after `cursor`.
 * Throws "unauthenticated" and, for those who may only look, "forbidden".
 */
export async function listTrash(
  db: Db,
  ask: { viewer: Viewer | undefined; cursor?: string | undefined; limit: number },
): Promise<TrashPage> {
  const ownerId = ownerOf(ask.viewer);
  const from = readCursor(ask.cursor);
  const found = await rows.listTrashed(db, { ownerId, from, limit: ask.limit + 1 });
  // The page one was on, after everything on it was restored.
  if (found.length === 0 && from !== undefined)
    return listTrash(db, { viewer: ask.viewer, limit: ask.limit });
  const page = found.slice(0, ask.limit);
  const last = page.at(-1);
  return {
    rows: page.map((row) => ({ ...row, goesAt: row.goesAt ?? windowEnd(row.deletedAt) })),
    next: found.length > ask.limit && last !== undefined ? writeCursor(last) : undefined,
  };
}

const windowEnd = (deletedAt: Date): Date => new Date(deletedAt.getTime() + settings().trashSeconds * 1000);

/** How many of the chosen media are now where. */
export type Restored = {
  /** Out of the trash: by this, or already before it. */
  back: number;
  /** Still in the trash, because the same picture has been uploaded again since or was chosen twice. */
  repeated: number;
  /** Removed for good, or never the viewer's. */
  gone: number;
};

/** Takes the viewer's own media out of the trash. Throws as listTrash does. */
export async function takeBack(
  db: Db,
  { viewer, ids }: { viewer: Viewer | undefined; ids: string[] },
): Promise<Restored> {
  const ownerId = ownerOf(viewer);
  const chosen = [...new Set(ids)];
  const own = (await rows.whereabouts(db, ownerId, chosen)).filter(({ place }) => place === "trash");
  await restore(db, { viewer, ids: own.map(({ id }) => id) });
  const now = await rows.whereabouts(db, ownerId, chosen);
  const count = (place: string): number => now.filter((row) => row.place === place).length;
  const back = count("gallery");
  const repeated = count("trash");
  return { back, repeated, gone: chosen.length - back - repeated };
}

/**
 * Removes everything that the viewer threw away up to `before` for good, without waiting for the end of its days. Nothing
 * of it can be taken back afterwards. Answers how many there were; throws as listTrash does.
 */
export async function emptyTrash(
  db: Db,
  { viewer, before }: { viewer: Viewer | undefined; before: Date },
): Promise<number> {
  const ownerId = ownerOf(viewer);
  return inTransaction(db, async (tx) => {
    const { count, bytes } = await rows.endTrash(tx, ownerId, before);
    if (count === 0) return 0;
    await lockQuota(tx, ownerId);
    await settleQuota(tx, ownerId, { used: -bytes });
    return count;
  });
}
