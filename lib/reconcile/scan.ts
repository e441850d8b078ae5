/**
 * Compares the database with the bucket, both ways: two ordered streams are joined, and what only one of them has is
 * asked for once more before it is told, because both change while they are read. Nothing is changed here.
 */
import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/reconcile.ts";
import { motionKey, renditionKey } from "../storage/keys.ts";
import { type ObjectHead, type Storage, StorageError } from "../storage/port.ts";
import type { Finding } from "./finding.ts";
import { mergeJoin } from "./keys.ts";
import { rowFindings } from "./rows.ts";
import { stagingFindings } from "./staging.ts";
import { type Folder, foldersOf, keptOriginals, keptRenditions, objectsOf } from "./streams.ts";

/** In this order; a scan that was stopped goes on in the part and after the key where it was. */
export const parts = ["renditions", "originals", "staging", "rows"] as const;
export type Part = (typeof parts)[number];
/** Everything of the parts before, and of this one up to `after`, has been compared. */
export type Place = { part: Part; after: string };

/** Folders of the bucket that are no part of the comparison. */
export const notCompared = ["static/", "backup/", "quarantine/"];
const ownFolders = ["derived/", "incoming/", ...notCompared];

export type Tally = { objects: number; rows: number; bytesRead: number };

export type ScanOptions = {
  /** Seconds; younger objects are left alone. */
  ageSeconds: number;
  /** 0 to 100: of how many originals every byte is read. */
  hashPercent: number;
  signal: AbortSignal;
  from?: Place | undefined;
  onFinding: (finding: Finding) => void | Promise<void>;
  /** All findings up to here have been told. */
  onPlace: (place: Place) => void | Promise<void>;
  tally: Tally;
};

export type Scan = ScanOptions & { db: Db; storage: Storage; oldest: number };

/** Looked at together: one question to the database, some to the bucket. */
const batch = 500;
const asksAtOnce = 16;
const readsAtOnce = 4;

/** Throws StorageError when the bucket cannot be listed. Ends early, without an error, when the signal says so. */
export async function scan(db: Db, storage: Storage, options: ScanOptions): Promise<void> {
  const work: Scan = { ...options, db, storage, oldest: Date.now() - options.ageSeconds * 1000 };
  const bytewise = await rows.sortsByBytes(db);
  const begin = parts.indexOf(options.from?.part ?? "renditions");
  for (const [index, part] of parts.entries()) {
    if (index < begin || work.signal.aborted) continue;
    const after = index === begin ? (options.from?.after ?? "") : "";
    if (part === "renditions") await scanRenditions(work, { after, bytewise });
    else if (part === "originals") await scanOriginals(work, { after, bytewise });
    else if (part === "staging") await stagingFindings(work);
    else await rowFindings(work);
    const next = parts[index + 1];
    if (next !== undefined && !work.signal.aborted) await work.onPlace({ part: next, after: "" });
  }
}

// Originals

type From = { after: string; bytewise: boolean };
type Doubt = { missing: rows.KeptOriginal[]; orphans: ObjectHead[]; odd: [rows.KeptOriginal, ObjectHead][] };

async function scanOriginals(work: Scan, from: From): Promise<void> {
  // A bucket that is shared with another program is walked whole, and its own objects are none of our business.
  const everywhere = await rows.hasAdopted(work.db, from.bytewise);
  const objects = everywhere
    ? objectsOf(work.storage, "", { after: from.after, except: ownFolders })
    : objectsOf(work.storage, "media/", { after: from.after });
  const kept = keptOriginals(work.db, from);
  const reading = pLimit(readsAtOnce);
  let reads: Promise<void>[] = [];
  let doubt: Doubt = { missing: [], orphans: [], odd: [] };
  let seen = 0;
  let at = "";
  const flush = async (): Promise<void> => {
    await Promise.all(reads);
    reads = [];
    const open = doubt;
    doubt = { missing: [], orphans: [], odd: [] };
    await Promise.all([
      tellMissing(work, open.missing),
      tellOrphans(work, open.orphans),
      tellOdd(work, open.odd),
    ]);
    seen = 0;
    if (at !== "") await work.onPlace({ part: "originals", after: at });
  };
  for await (const { left: object, right: row } of mergeJoin(objects, kept, {
    left: ({ key }) => key,
    right: ({ key }) => key,
  })) {
    if (work.signal.aborted) break;
    if (object !== undefined) work.tally.objects += 1;
    if (row !== undefined) work.tally.rows += 1;
    if (row === undefined) {
      if (object.key.startsWith("media/") && object.modified.getTime() < work.oldest)
        doubt.orphans.push(object);
    } else if (object === undefined) doubt.missing.push(row);
    else if (row.bytes >= 0 && object.bytes !== row.bytes) doubt.odd.push([row, object]);
    else if (Math.random() * 100 < work.hashPercent) reads.push(reading(() => tellHash(work, row)));
    at = object?.key ?? row?.key ?? at;
    seen += 1;
    if (seen >= batch) await flush();
  }
  await flush();
}

async function tellMissing(work: Scan, missing: rows.KeptOriginal[]): Promise<void> {
  const ask = pLimit(asksAtOnce);
  const told = await Promise.all(
    missing.map((row) =>
      ask(async (): Promise<Finding | undefined> => {
        const head = await headOf(work, row.key);
        if (head === "unknown") return unknownFinding(row.key);
        if (head !== undefined) return undefined;
        // Deleted for good, or moved, since the page of rows was read.
        const now = await rows.originalNow(work.db, row.key);
        if (now?.mediaId !== row.mediaId) return undefined;
        return {
          class: "missing_original",
          remedy: "bring_back",
          key: row.key,
          bytes: row.bytes,
          id: row.mediaId,
          note: "The bucket does not have the original of this picture.",
        };
      }),
    ),
  );
  for (const finding of told) if (finding !== undefined) await work.onFinding(finding);
}

async function tellOrphans(work: Scan, orphans: ObjectHead[]): Promise<void> {
  const keys = orphans.map(({ key }) => key);
  const [known, refused] = await Promise.all([
    rows.mentioned(work.db, keys),
    rows.refusedInPlace(work.db, keys),
  ]);
  for (const object of orphans) {
    if (known.has(object.key)) continue;
    const code = refused.get(object.key);
    await work.onFinding({
      class: "orphan_original",
      remedy: code === undefined ? "adopt" : "quarantine",
      key: object.key,
      bytes: object.bytes,
      etag: object.etag,
      note:
        code === undefined
          ? "No picture of the database has this original."
          : `No picture of the database has this original, and it was refused when it was read (${code}).`,
    });
  }
}

async function tellOdd(work: Scan, odd: [rows.KeptOriginal, ObjectHead][]): Promise<void> {
  for (const [row, object] of odd) {
    const now = await rows.originalNow(work.db, row.key);
    if (now === undefined || now.bytes === object.bytes) continue;
    await work.onFinding({
      class: "size_mismatch",
      remedy: "none",
      key: row.key,
      bytes: object.bytes,
      etag: object.etag,
      id: row.mediaId,
      note: `The original has ${object.bytes} bytes; ${row.bytes} were verified.`,
    });
  }
}

async function tellHash(work: Scan, row: rows.KeptOriginal): Promise<void> {
  if (row.sha256 === "" || work.signal.aborted) return;
  try {
    const got = await work.storage.read(row.key);
    // Told as missing by the next scan, if it is.
    if (got === undefined) return;
    const hash = createHash("sha256");
    for await (const piece of got.body) {
      hash.update(piece);
      work.tally.bytesRead += piece.byteLength;
      if (work.signal.aborted) return;
    }
    if (hash.digest("hex") === row.sha256) return;
    const now = await rows.originalNow(work.db, row.key);
    if (now?.sha256 !== row.sha256) return;
    await work.onFinding({
      class: "hash_mismatch",
      remedy: "none",
      key: row.key,
      bytes: got.head.bytes,
      etag: got.head.etag,
      id: row.mediaId,
      note: "The bytes of the original are others than those that were verified.",
    });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await work.onFinding(unknownFinding(row.key));
  }
}

// Renditions

/** The objects that a row promises, by their keys. */
export const promisedKeys = (row: rows.KeptRenditions): string[] => [
  ...row.avifWidths.map((width) => renditionKey(row.folder, width, "avif")),
  ...row.jpegWidths.map((width) => renditionKey(row.folder, width, "jpg")),
  ...(row.motion === null ? [] : [motionKey(row.folder, row.motion)]),
];

async function scanRenditions(work: Scan, from: From): Promise<void> {
  const { storage, db } = work;
  const objects = objectsOf(storage, "derived/", {
    after: from.after === "" ? "" : `${from.after}/\u{10ffff}`,
  });
  let lost: { row: rows.KeptRenditions; keys: string[] }[] = [];
  let orphans: Loose[] = [];
  let seen = 0;
  let at = "";
  const flush = async (): Promise<void> => {
    const [open, loose] = [lost, orphans];
    [lost, orphans, seen] = [[], [], 0];
    for (const one of open) await tellLost(work, one.row, one.keys);
    await tellLoose(work, loose);
    if (at !== "") await work.onPlace({ part: "renditions", after: at });
  };
  for await (const { left, right: row } of mergeJoin(foldersOf(objects), keptRenditions(db, from), {
    left: ({ folder }) => `${folder}/`,
    right: ({ folder }) => `${folder}/`,
  })) {
    if (work.signal.aborted) break;
    const there = left?.objects ?? [];
    work.tally.objects += there.length;
    if (row !== undefined) work.tally.rows += 1;
    const promised = row === undefined ? [] : promisedKeys(row);
    const missing = promised.filter((key) => !there.some((object) => object.key === key && object.bytes > 0));
    if (row !== undefined && missing.length > 0) lost.push({ row, keys: missing });
    orphans.push(...looseIn(left, promised, work.oldest).map((object) => ({ object, row })));
    at = left?.folder ?? row?.folder ?? at;
    seen += 1 + there.length;
    if (seen >= batch) await flush();
  }
  await flush();
}

type Loose = { object: ObjectHead; row: rows.KeptRenditions | undefined };

const looseIn = (folder: Folder | undefined, promised: string[], oldest: number): ObjectHead[] =>
  (folder?.objects ?? []).filter(
    ({ key, modified }) => !promised.includes(key) && modified.getTime() < oldest,
  );

async function tellLost(work: Scan, row: rows.KeptRenditions, keys: string[]): Promise<void> {
  const now = await rows.renditionsNow(work.db, row.mediaId);
  // Made anew, or gone, since the page of rows was read.
  if (now?.folder !== row.folder) return;
  const gone: string[] = [];
  for (const key of keys) {
    const head = await headOf(work, key);
    if (head === "unknown") return work.onFinding(unknownFinding(key));
    if (head === undefined || head.bytes === 0) gone.push(key);
  }
  if (gone.length === 0) return;
  await work.onFinding({
    class: "missing_rendition",
    remedy: "derive",
    key: `${row.folder}/`,
    id: row.mediaId,
    note: `${gone.length} of ${promisedKeys(row).length} renditions are not in the bucket.`,
  });
}

async function tellLoose(work: Scan, loose: Loose[]): Promise<void> {
  const known = await rows.mentioned(work.db, [
    ...new Set(
      loose
        .filter(({ row }) => row === undefined)
        .flatMap(({ object }) => [object.key, folderOf(object.key)]),
    ),
  ]);
  for (const { object, row } of loose) {
    if (row === undefined) {
      // A worker may be about to write there, or the removal is on record.
      if (known.has(object.key) || known.has(folderOf(object.key))) continue;
    } else {
      const now = await rows.renditionsNow(work.db, row.mediaId);
      if (now?.folder !== row.folder || promisedKeys(now).includes(object.key)) continue;
    }
    await work.onFinding({
      class: "orphan_rendition",
      remedy: "quarantine",
      key: object.key,
      bytes: object.bytes,
      etag: object.etag,
      note: "No picture of the database has this rendition.",
    });
  }
}

const folderOf = (key: string): string => key.slice(0, key.lastIndexOf("/"));

/** a store that does not answer has not said "absent". */
async function headOf(work: Scan, key: string): Promise<ObjectHead | undefined | "unknown"> {
  return work.storage.head(key).catch((error: unknown) => {
    if (error instanceof StorageError) return "unknown" as const;
    throw error;
  });
}

const unknownFinding = (key: string): Finding => ({
  class: "unknown",
  remedy: "none",
  key,
  note: "The store did not say whether it has this object.",
});
