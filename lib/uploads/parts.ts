/** The parts of one large upload, as its browser asks for them: what the bucket has, and permits for what it has not. */
import pLimit from "p-limit";
import type { Db } from "#db/client.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import { type PartPermit, partsAtOnceMax, type UploadParts, type Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { closedFor, renewRow } from "../uploads.ts";
import { gather, type Plan, planOf } from "./multipart.ts";

/**
 * Renews the upload, lists what has arrived, and signs `numbers`, or the first that are missing. Throws
 * not_found, gone, and conflict for an upload that does not travel in parts or is being verified.
 */
export async function openParts(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string; numbers?: number[] | undefined },
): Promise<UploadParts> {
  let row = await renewRow(db, ask);
  if (row.transport !== "multipart")
    throw new TintypeError("conflict", { details: { transport: row.transport } });
  let gathered = await gather(db, storage, row);
  if (gathered === undefined) {
    const now = await ledger.findUpload(db, row.id);
    if (now?.state !== "issued") throw closedFor(now);
    // Two tabs began it in the same moment: both go on with the one that is noted.
    if (now.multipartId !== row.multipartId) gathered = await gather(db, storage, now);
    row = now;
  }
  const plan = planOf(row.bytes);
  const all = Array.from({ length: plan.count }, (_, index) => index + 1);
  const stored = gathered === undefined ? all : gathered.arrived.map((part) => part.number);
  const there = new Set(stored);
  const wanted = (ask.numbers ?? all)
    .filter((number) => number <= plan.count && !there.has(number))
    .slice(0, partsAtOnceMax);
  const signed =
    gathered === undefined ? [] : await sign(storage, row, plan, { id: gathered.multipartId, wanted });
  const expiresAt = Math.min(row.policyExpiresAt.getTime(), ...signed.map((one) => one.expiresAt.getTime()));
  return {
    id: row.id,
    partBytes: plan.partBytes,
    count: plan.count,
    stored,
    permits: signed.map(({ permit }) => permit),
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

/** Each permit is for exactly one part of exactly its size, so that their sum is the declared one. */
function sign(
  storage: Storage,
  row: Upload,
  plan: Plan,
  what: { id: string; wanted: number[] },
): Promise<{ permit: PartPermit; expiresAt: Date }[]> {
  const inTurn = pLimit(4);
  return Promise.all(
    what.wanted.map((number) =>
      inTurn(async () => {
        const bytes = plan.bytesOf(number);
        const { url, headers, expiresAt } = await storage.multipart.presignPart(row.stagingKey, what.id, {
          number,
          bytes,
          expiresIn: settings().uploads.policySeconds,
        });
        return { permit: { number, bytes, url, headers }, expiresAt };
      }),
    ),
  );
}
