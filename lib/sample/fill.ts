/**
 * Fills an empty gallery with the sample pictures, by the way every picture comes in: a row, a permit, bytes sent to the
 * store over HTTP, the worker's verdict (R-10…R-22). It may be killed at any line and called again: each sample has a
 * token of its own, and one that is in is not sent twice.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Db, inTransaction } from "#db/client.ts";
import * as rows from "#db/queries/samples.ts";
import { TintypeError } from "../errors.ts";
import type { BeginAnswer, PostPermit, PutPermit, Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { beginUploads, cancelUpload, completeUploads } from "../uploads.ts";
import { samples } from "./catalogue.ts";
import { describeSamples } from "./describe.ts";
import type { Drawn } from "./draw.ts";
import { sendTo } from "./send.ts";

/** So many are painted, sent and told of together: the first are there while the next are painted. */
const portion = 6;
const lookMs = 300;
/** How often a sample whose upload came to nothing is begun anew before this gives up. */
const triesMax = 3;

export type Filled =
  | { is: "filled"; pictures: number }
  /** Somebody has pictures already: nothing was done. */
  | { is: "refused" }
  /** Somebody removed the samples while they were coming. */
  | { is: "removed" };

export type FillOptions = {
  owner: Viewer;
  draw: (number: number) => Promise<Drawn>;
  signal: AbortSignal;
};

/** Brings all samples in. Throws StorageError, and TintypeError where a limit of the owner stands in the way. */
export async function fillWithSamples(db: Db, storage: Storage, options: FillOptions): Promise<Filled> {
  if (!(await planned(db, options.owner.id))) return { is: "refused" };
  for (let tries = 0; tries < triesMax; tries++) {
    const open = (await rows.listSamples(db)).filter((row) => row.mediaId === null);
    if (open.length === 0) break;
    for (let at = 0; at < open.length; at += portion) {
      options.signal.throwIfAborted();
      if (!(await bring(db, storage, options, open.slice(at, at + portion)))) return { is: "removed" };
      await settle(db, options.owner);
    }
    if (!(await settled(db, options))) return { is: "removed" };
  }
  const all = await rows.listSamples(db);
  if (all.length === 0) return { is: "removed" };
  return { is: "filled", pictures: all.filter((row) => row.mediaId !== null).length };
}

/** True when samples may come, or have begun to. */
async function planned(db: Db, ownerId: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await rows.lockSamples(tx);
    if ((await rows.sampleOwner(tx)) !== undefined) return true;
    if (await rows.hasMedia(tx)) return false;
    await rows.insertSamples(tx, ownerId, samples.length);
    return true;
  });
}

/** Sends those that the bucket does not have yet. False when the samples were removed meanwhile. */
async function bring(
  db: Db,
  storage: Storage,
  { owner, draw, signal }: FillOptions,
  some: rows.SampleRow[],
): Promise<boolean> {
  const wanted = some.filter(({ state }) => state === null || state === "issued");
  const drawn = new Map<string, Drawn>();
  for (const { number, clientToken } of wanted) {
    signal.throwIfAborted();
    drawn.set(clientToken, await draw(number));
  }
  if (drawn.size === 0) return true;
  const answers = await beginUploads(db, storage, {
    viewer: owner,
    uploads: [...drawn].map(([clientToken, { filename, mime, bytes, modified }]) => ({
      clientToken,
      filename,
      mime,
      lastModified: modified.getTime(),
      bytes: bytes.byteLength,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    })),
  });
  const ids = answers.flatMap((answer) => (answer.status === "issued" ? [answer.id] : []));
  // Whoever removed them in between has not seen these uploads.
  if ((await rows.sampleOwner(db)) === undefined) {
    for (const id of ids) await cancelUpload(db, { viewer: owner, id });
    return false;
  }
  for (const answer of answers) await send(db, owner, answer, { some, drawn });
  await completeUploads(db, storage, { viewer: owner, ids });
  return true;
}

async function send(
  db: Db,
  owner: Viewer,
  answer: BeginAnswer,
  sent: { some: rows.SampleRow[]; drawn: Map<string, Drawn> },
): Promise<void> {
  const { some, drawn } = sent;
  const bytes = drawn.get(answer.clientToken)?.bytes;
  const number = some.find(({ clientToken }) => clientToken === answer.clientToken)?.number;
  if (bytes === undefined || number === undefined) return;
  if (answer.status === "refused")
    throw new TintypeError(answer.code === "too_large" ? "too_large" : "quota_exceeded");
  // The owner has this very picture: it becomes the sample.
  if (answer.status === "duplicate") await describeSamples(db, [{ number, mediaId: answer.mediaId }], owner);
  if (answer.status === "issued" && answer.transport !== "multipart")
    await sendTo(answer satisfies PostPermit | PutPermit, bytes);
}

/** Shows and describes those that are ready, and gives those that came to nothing another token. */
async function settle(db: Db, owner: Viewer): Promise<{ waiting: number; left: number }> {
  const open = (await rows.listSamples(db)).filter((row) => row.mediaId === null);
  const ready = open.flatMap(({ number, state, becameId }) =>
    (state === "ready" || state === "rejected") && becameId !== null ? [{ number, mediaId: becameId }] : [],
  );
  await describeSamples(db, ready, owner);
  const over = open.filter(
    ({ state, becameId }) => state !== null && !["issued", "verifying"].includes(state) && becameId === null,
  );
  await rows.renewSamples(
    db,
    over.map(({ number }) => number),
  );
  const waiting = open.filter(({ state }) => state === "verifying").length;
  return { waiting, left: open.length - ready.length };
}

/** Waits for the worker. False when the samples were removed meanwhile. */
async function settled(db: Db, { owner, signal }: FillOptions): Promise<boolean> {
  for (;;) {
    const { waiting } = await settle(db, owner);
    if (waiting === 0) return (await rows.sampleOwner(db)) !== undefined;
    await wait(lookMs, undefined, { signal });
  }
}
