/** What guests sent and its maker has not looked at yet: to be taken into the album, or thrown away. */
import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import * as rows from "#db/queries/guests.ts";
import { markRestored } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import { findDuplicates } from "#db/queries/uploads.ts";
import { changeMedia } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import type { Db } from "../database.ts";
import { settings } from "../env.ts";
import type { Viewer } from "../media.ts";
import { getShare } from "./manage.ts";

export type Arrival = rows.ArrivalRow;
type At = { viewer: Viewer | undefined; id: string };

const placeShape = z.tuple([z.int(), z.uuid()]);

function readPlace(text: string | undefined): { createdAt: Date; id: string } | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = placeShape.safeParse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return parsed.success ? { createdAt: new Date(parsed.data[0]), id: parsed.data[1] } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What waits at one of the viewer's links, oldest first. Throws "not_found". */
export async function listArrivals(
  db: Db,
  { viewer, id, cursor, limit }: At & { cursor: string | undefined; limit: number },
): Promise<{ arrivals: Arrival[]; next: string | undefined }> {
  await getShare(db, { viewer, id });
  const found = await rows.listArrivals(db, {
    shareId: id,
    ownerId: viewer?.id ?? "",
    from: readPlace(cursor),
    limit: limit + 1,
  });
  const arrivals = found.slice(0, limit);
  const last = arrivals.at(-1);
  return {
    arrivals,
    next:
      found.length > limit && last
        ? Buffer.from(JSON.stringify([last.createdAt.getTime(), last.id])).toString("base64url")
        : undefined,
  };
}

export type Decided = { taken: number; repeated: number };

/**
 * Takes what waits into the viewer's library and the link's album, private as everything begins; all of it without
 * `ids`. What the library has already goes to the trash, and the album gets the one that was there. Throws "not_found".
 */
export async function approve(
  db: Db,
  { viewer, id, ids }: At & { ids: string[] | undefined },
): Promise<Decided> {
  const share = await getShare(db, { viewer, id });
  const ownerId = viewer?.id ?? "";
  const work = async (tx: Db): Promise<Decided> => {
    const waiting = await rows.takeArrivals(tx, { shareId: id, ownerId, ids });
    const restored =
      waiting.length === 0
        ? []
        : await markRestored(
            tx,
            waiting.map((one) => one.id),
            ownerId,
          );
    const back = new Set(restored);
    const repeated = waiting.filter((one) => !back.has(one.id));
    await throwAway(tx, repeated);
    const twins =
      repeated.length === 0
        ? []
        : await findDuplicates(
            tx,
            ownerId,
            repeated.map((one) => one.sha256),
          );
    const all = [...restored, ...twins.map((twin) => twin.id)];
    if (share.albumId !== null && all.length > 0)
      await changeMedia(tx, {
        viewer,
        selection: selectionShape.parse({ ids: all }),
        change: { kind: "album", add: share.albumId },
      });
    return { taken: restored.length, repeated: repeated.length };
  };
  // The same picture may be uploaded at that moment.
  return inTransaction(db, work, { looksAgain: true });
}

/** Throws what waits away, all of it without `ids`; it is in the trash as long as anything else. Returns how many. */
export async function reject(
  db: Db,
  { viewer, id, ids }: At & { ids: string[] | undefined },
): Promise<number> {
  await getShare(db, { viewer, id });
  return inTransaction(db, async (tx) => {
    const waiting = await rows.takeArrivals(tx, { shareId: id, ownerId: viewer?.id ?? "", ids });
    await throwAway(tx, waiting);
    return waiting.length;
  });
}

async function throwAway(tx: Db, waiting: { id: string; key: string }[]): Promise<void> {
  if (waiting.length === 0) return;
  await rows.trashWaiting(
    tx,
    waiting.map((one) => one.id),
  );
  await addPurges(
    tx,
    waiting.map((one) => ({
      key: one.key,
      reason: "deleted",
      mediaId: one.id,
      inSeconds: settings().trashSeconds,
    })),
  );
}
