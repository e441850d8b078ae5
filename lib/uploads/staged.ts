/**
 * What an upload is made of before it is a medium: bytes that a browser or a command sent to incoming/, or an object
 * that lay in the bucket already (`inPlace`). Of the second kind nobody declared anything, others may write to it, and
 * it is never removed for an upload's sake.
 */
import { type Db, inTransaction } from "#db/client.ts";
import { findByKey } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import { Rejection } from "../imaging/index.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { finalPurges } from "./rules.ts";

/** The worker's hold on an upload: its row and the token of the lease. */
export type Held = { id: string; token: string };

/** Cannot happen twice: the keys or the row belong to another worker now. */
export class LeaseLost extends Error {}

/**
 * the whole object in one read, capped at the declared size. `undefined` when it is not there. Nobody declared
 * what lay in the bucket already: a listing may be older than the object, so that only the limit of all counts. What a
 * plain form brought has not been measured before it is read here for the first time.
 */
export async function readStaged(
  storage: Storage,
  upload: Upload,
): Promise<{ original: Buffer; etag: string } | undefined> {
  const bytesMax = upload.inPlace ? settings().uploads.bytesMax : upload.bytes;
  try {
    const got = await storage.get(upload.stagingKey, { bytesMax });
    if (got === undefined) return undefined;
    if (got.body.byteLength !== upload.bytes && !upload.inPlace && upload.sha256 !== null)
      throw new Rejection("size_mismatch", `${got.body.byteLength} bytes instead of ${upload.bytes}`);
    return { original: got.body, etag: got.head.etag };
  } catch (error) {
    if (error instanceof StorageError && error.code === "too_large")
      throw new Rejection("size_mismatch", `more than ${bytesMax} bytes`);
    throw error;
  }
}

/** The object is not there. One that was to be indexed where it lies will not come any more: its upload is over. */
export async function giveBack(db: Db, held: Held, upload: Upload): Promise<void> {
  await inTransaction(db, async (tx) => {
    await ledger.lockQuota(tx, upload.ownerId);
    if (!(await ledger.giveBack(tx, held)) || !upload.inPlace) return;
    const expired = await ledger.closeOpen(tx, upload.id, ["issued"], "expired");
    if (expired === undefined) return;
    await ledger.settleQuota(tx, expired.ownerId, { reserved: -expired.bytes });
    await addPurges(tx, finalPurges(expired, "expired"));
  });
}

/** Size and digest of an object that nobody declared, and the space it takes instead of what its listing said. */
export async function noteFound(
  db: Db,
  held: Held,
  upload: Upload,
  found: { sha256: string; bytes: number },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const quota = await ledger.lockQuota(tx, upload.ownerId);
    const before = await ledger.noteFound(tx, held, found);
    if (before === undefined) throw new LeaseLost();
    if (quota !== undefined && before.bytes !== found.bytes)
      await ledger.settleQuota(tx, upload.ownerId, { reserved: found.bytes - before.bytes });
  });
}

/** The id of the medium that has this content already, or that lies at this key. */
export async function findTwin(db: Db, upload: Upload, sha256: string): Promise<string | undefined> {
  // What a guest sends is compared when it is approved: a refusal would tell them what is in the library.
  if (upload.guestId !== null) return undefined;
  const [twin] = await ledger.findDuplicates(db, upload.ownerId, [sha256]);
  return twin?.id ?? (upload.inPlace ? await findByKey(db, upload.stagingKey) : undefined);
}

/** I-1 for an object that others may write: what is shown is what was verified, or it is verified once more. */
export async function confirmUnchanged(
  storage: Storage,
  upload: Upload,
  read: { etag: string; bytes: number },
): Promise<void> {
  const head = await storage.head(upload.stagingKey);
  if (head?.etag !== read.etag || head.bytes !== read.bytes)
    throw new Error("The object changed while it was verified.");
}
