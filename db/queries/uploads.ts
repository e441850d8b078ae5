/** The only place where an upload changes its state: each change is one compare-and-set on the state it leaves. */
import { and, asc, count, desc, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { RejectCode, UploadState } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { media, quotas, type Upload, uploads } from "../schema.ts";

const secondsFromNow = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
const touched = { updatedAt: sql`now()` };
const freed = { leaseToken: null, leaseUntil: null };

// Quotas (I-6)

/** Locks the owner's quota row: reservations of one owner happen one after another. */
export async function lockQuota(
  db: Db,
  ownerId: string,
): Promise<{ limitBytes: number; usedBytes: number; reservedBytes: number } | undefined> {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, ownerId)).for("update");
  return row;
}

/** Adds to (or with negative numbers takes from) what an owner uses and has reserved. */
export async function settleQuota(
  db: Db,
  ownerId: string,
  change: { used?: number; reserved?: number },
): Promise<void> {
  await db
    .update(quotas)
    .set({
      usedBytes: sql`${quotas.usedBytes} + ${change.used ?? 0}`,
      reservedBytes: sql`${quotas.reservedBytes} + ${change.reserved ?? 0}`,
    })
    .where(eq(quotas.ownerId, ownerId));
}

/** A person's open uploads and those of their last day, each counted no further than its cap. */
export async function countUploads(
  db: Db,
  ownerId: string,
  caps: { open: number; day: number },
): Promise<{ open: number; day: number }> {
  const open = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        eq(uploads.ownerId, ownerId),
        inArray(uploads.state, ["issued", "verifying"]),
        eq(uploads.byOperator, false),
      ),
    )
    .limit(caps.open)
    .as("open_uploads");
  const day = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        eq(uploads.ownerId, ownerId),
        gt(uploads.createdAt, sql`now() - interval '1 day'`),
        eq(uploads.byOperator, false),
      ),
    )
    .limit(caps.day)
    .as("day_uploads");
  const [opened] = await db.select({ n: count() }).from(open);
  const [daily] = await db.select({ n: count() }).from(day);
  return { open: opened?.n ?? 0, day: daily?.n ?? 0 };
}

// Reading

export async function findByTokens(db: Db, ownerId: string, tokens: string[]): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.ownerId, ownerId), inArray(uploads.clientToken, tokens)));
}

/** Live media of this owner with one of these contents. */
export async function findDuplicates(
  db: Db,
  ownerId: string,
  digests: string[],
): Promise<{ id: string; sha256: string }[]> {
  return db
    .select({ id: media.id, sha256: media.sha256 })
    .from(media)
    .where(and(eq(media.ownerId, ownerId), inArray(media.sha256, digests), isNull(media.deletedAt)));
}

export async function findOwnUploads(db: Db, ownerId: string, ids: string[]): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.ownerId, ownerId), inArray(uploads.id, ids)));
}

export async function findUpload(db: Db, id: string): Promise<Upload | undefined> {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  return row;
}

export async function listOpenUploads(db: Db, ownerId: string, limit: number): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.ownerId, ownerId),
        inArray(uploads.state, ["issued", "verifying"]),
        eq(uploads.byOperator, false),
      ),
    )
    .orderBy(desc(uploads.createdAt), desc(uploads.id))
    .limit(limit);
}

// Transitions

export type NewUpload = Pick<
  Upload,
  | "ownerId"
  | "clientToken"
  | "stagingKey"
  | "filename"
  | "declaredMime"
  | "bytes"
  | "sha256"
  | "fileModifiedAt"
  | "transport"
>;

/** Inserts what is new; a client token that is known already is left alone and missing from the answer. */
export async function insertUploads(db: Db, rows: NewUpload[], policySeconds: number): Promise<Upload[]> {
  return db
    .insert(uploads)
    .values(rows.map((row) => ({ ...row, policyExpiresAt: secondsFromNow(policySeconds) })))
    .onConflictDoNothing({ target: [uploads.ownerId, uploads.clientToken] })
    .returning();
}

/** A new policy for the same key, only while issued and younger than `ageSecondsMax`. */
export async function renewPolicies(
  db: Db,
  ids: string[],
  how: { ownerId: string; policySeconds: number; ageSecondsMax: number },
): Promise<Upload[]> {
  return db
    .update(uploads)
    .set({ policyExpiresAt: secondsFromNow(how.policySeconds), ...touched })
    .where(
      and(
        inArray(uploads.id, ids),
        eq(uploads.ownerId, how.ownerId),
        eq(uploads.state, "issued"),
        // A policy for an object that is indexed where it lies would let a browser write over it.
        eq(uploads.inPlace, false),
        gt(uploads.createdAt, sql`now() - make_interval(secs => ${how.ageSecondsMax})`),
      ),
    )
    .returning();
}

/** issued → verifying, waiting for a worker. */
export async function startVerifying(db: Db, ids: string[], queueSeconds: number): Promise<string[]> {
  // In one order for everybody: two batches that share uploads would otherwise wait for each other.
  await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(inArray(uploads.id, ids))
    .orderBy(asc(uploads.id))
    .for("update");
  const rows = await db
    .update(uploads)
    .set({ state: "verifying", leaseToken: null, leaseUntil: secondsFromNow(queueSeconds), ...touched })
    .where(and(inArray(uploads.id, ids), eq(uploads.state, "issued")))
    .returning({ id: uploads.id });
  return rows.map((row) => row.id);
}

/** A worker takes a verifying upload that nobody holds. `undefined`: someone else has it, or it is over. */
export async function claimUpload(
  db: Db,
  id: string,
  lease: { token: string; seconds: number },
): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({
      leaseToken: lease.token,
      leaseUntil: secondsFromNow(lease.seconds),
      attempts: sql`${uploads.attempts} + 1`,
      ...touched,
    })
    .where(
      and(
        eq(uploads.id, id),
        eq(uploads.state, "verifying"),
        or(isNull(uploads.leaseToken), lt(uploads.leaseUntil, sql`now()`)),
      ),
    )
    .returning();
  return row;
}

const heldBy = (id: string, token: string) =>
  and(eq(uploads.id, id), eq(uploads.state, "verifying"), eq(uploads.leaseToken, token));

/** The holder is still at work. False: the lease is lost. */
export async function extendLease(
  db: Db,
  held: { id: string; token: string },
  seconds: number,
): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({ leaseUntil: secondsFromNow(seconds) })
    .where(heldBy(held.id, held.token))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Notes where the final objects will be, before the first of them is written (R-1, I-2). False: the lease is lost. */
export async function assignKeys(
  db: Db,
  held: { id: string; token: string },
  keys: { finalKey: string | undefined; renditionFolder: string },
): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({ ...keys, ...touched })
    .where(heldBy(held.id, held.token))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Size and digest of an object that nobody declared. Answers what was held of it before. `undefined`: the lease is lost. */
export async function noteFound(
  db: Db,
  held: { id: string; token: string },
  found: { sha256: string; bytes: number },
): Promise<{ bytes: number } | undefined> {
  const [before] = await db
    .select({ bytes: uploads.bytes })
    .from(uploads)
    .where(heldBy(held.id, held.token))
    .for("update");
  if (before !== undefined)
    await db
      .update(uploads)
      .set({ ...found, ...touched })
      .where(heldBy(held.id, held.token));
  return before;
}

/** verifying → issued: the object is not there. */
export async function giveBack(db: Db, held: { id: string; token: string }): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({ state: "issued", ...freed, ...touched })
    .where(heldBy(held.id, held.token))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Stays verifying, free to be taken again after a while. `counted: false` when the fault was not the picture's. */
export async function postpone(
  db: Db,
  held: { id: string; token: string },
  how: { seconds: number; counted: boolean },
): Promise<void> {
  await db
    .update(uploads)
    .set({
      leaseToken: null,
      leaseUntil: secondsFromNow(how.seconds),
      ...(how.counted ? {} : { attempts: sql`greatest(${uploads.attempts} - 1, 0)` }),
      ...touched,
    })
    .where(heldBy(held.id, held.token));
}

/** verifying → ready | rejected by the holder of the lease. `undefined`: the lease was lost, nothing changed. */
export async function closeHeld(
  db: Db,
  held: { id: string; token: string },
  end: { state: "ready"; mediaId: string } | { state: "rejected"; rejectCode: RejectCode; mediaId?: string },
): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({ ...end, ...freed, ...touched })
    .where(heldBy(held.id, held.token))
    .returning();
  return row;
}

/** One of `from` → cancelled or expired. `undefined`: someone else was first. */
export async function closeOpen(
  db: Db,
  id: string,
  from: UploadState[],
  to: "cancelled" | "expired",
): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({ state: to, ...touched })
    .where(and(eq(uploads.id, id), inArray(uploads.state, from)))
    .returning();
  return row;
}

/** Locks a row to decide what becomes of its keys. */
export async function lockUpload(db: Db, id: string): Promise<Upload | undefined> {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id)).for("update");
  return row;
}

// Sweeping

/** Issued uploads whose policy ended `graceSeconds` ago. */
export async function listForgotten(db: Db, graceSeconds: number, limit: number): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.state, "issued"),
        lt(uploads.policyExpiresAt, sql`now() - make_interval(secs => ${graceSeconds})`),
      ),
    )
    .orderBy(asc(uploads.policyExpiresAt))
    .limit(limit);
}

/** Verifying uploads that nobody holds any more: gets them once per `queueSeconds`, whoever asks (F-28). */
export async function reviveStale(db: Db, queueSeconds: number, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    update uploads set lease_token = null, lease_until = ${secondsFromNow(queueSeconds)}, updated_at = now()
    where id in (
      select id from uploads where state = 'verifying' and lease_until < now()
      order by lease_until limit ${limit} for update skip locked)
    returning id`);
  return rows.map((row) => row.id);
}

/** Of these staging keys, the ones that no open upload will still use. */
export async function withoutOpenUpload(db: Db, stagingKeys: string[]): Promise<string[]> {
  if (stagingKeys.length === 0) return [];
  const open = await db
    .select({ key: uploads.stagingKey })
    .from(uploads)
    .where(and(inArray(uploads.stagingKey, stagingKeys), inArray(uploads.state, ["issued", "verifying"])));
  const kept = new Set(open.map((row) => row.key));
  return stagingKeys.filter((key) => !kept.has(key));
}
