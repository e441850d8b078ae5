/** Objects to remove: remembered until the store confirmed it, checked once more at the moment of removing. */
import { and, eq, inArray, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { halves, type Media, media, type Purge, purges, type Upload, uploads } from "../schema.ts";

export type NewPurge = {
  /** An object's key, or a folder when it ends with a slash. */
  key: string;
  reason: string;
  mediaId?: string;
  /** Not before this moment (default: at once). */
  at?: Date;
  /** … or not before this many seconds from now, by the database's clock. */
  inSeconds?: number;
};

export async function addPurges(db: Db, rows: NewPurge[]): Promise<void> {
  if (rows.length === 0) return;
  await db.insert(purges).values(
    rows.map((row) => ({
      key: row.key,
      reason: row.reason,
      mediaId: row.mediaId ?? null,
      notBefore: row.at ?? sql`now() + make_interval(secs => ${row.inSeconds ?? 0})`,
    })),
  );
}

/**
 * Notes removals of what is about to be written and may never be used: the first when its writer is certainly over, the
 * last when even one that was held up for long must be. Their ids, for calling them off.
 */
export async function promisePurges(
  db: Db,
  { key, reason, inSeconds }: { key: string; reason: string; inSeconds: readonly number[] },
): Promise<string[]> {
  const rows = await db
    .insert(purges)
    .values(
      inSeconds.map((seconds, n) => ({
        key,
        reason: n === 0 ? reason : `${reason}, second pass`,
        notBefore: sql`now() + make_interval(secs => ${seconds})`,
      })),
    )
    .returning({ id: purges.id });
  return rows.map(({ id }) => id);
}

/** What lies there from now on is not removed for so long, by none who was asked to and has not begun. */
export async function putOffPurges(db: Db, key: string, seconds: number): Promise<void> {
  await db
    .update(purges)
    .set({ notBefore: sql`greatest(${purges.notBefore}, now() + make_interval(secs => ${seconds}))` })
    .where(and(eq(purges.key, key), isNull(purges.doneAt), isNull(purges.leaseUntil)));
}

/**
 * What was removed, or will be soon, is removed once more when nobody can write it any longer: `seconds` after `since`, when
 * a worker that was held up may have begun at the latest. Nothing is noted when that moment is past, by the database's clock.
 */
export async function addLatePurges(
  db: Db,
  rows: readonly { key: string; reason: string }[],
  { since, seconds }: { since: Date; seconds: number },
): Promise<void> {
  if (rows.length === 0) return;
  await db.execute(sql`
    insert into ${purges} (key, reason, not_before)
    select r.key, r.reason || ', second pass', due.at
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(key text, reason text),
      (select ${since.toISOString()}::timestamptz + make_interval(secs => ${seconds}) as at) due
    where due.at > now()`);
}

/** Takes up to `limit` purges that are due and that nobody holds. */
export async function claimPurges(db: Db, leaseSeconds: number, limit: number): Promise<Purge[]> {
  const due = db
    .select({ id: purges.id })
    .from(purges)
    .where(
      and(
        isNull(purges.doneAt),
        lt(purges.notBefore, sql`now()`),
        or(isNull(purges.leaseUntil), lt(purges.leaseUntil, sql`now()`)),
      ),
    )
    .orderBy(purges.notBefore)
    .limit(limit)
    .for("update", { skipLocked: true });
  return db
    .update(purges)
    .set({
      leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`,
      attempts: sql`${purges.attempts} + 1`,
    })
    .where(inArray(purges.id, due))
    .returning();
}

export async function closePurge(db: Db, id: string): Promise<void> {
  await db
    .update(purges)
    .set({ doneAt: sql`now()`, leaseUntil: null, lastError: null })
    .where(eq(purges.id, id));
}

/** Gives back a purge that was not begun. */
export async function releasePurge(db: Db, id: string): Promise<void> {
  await db
    .update(purges)
    .set({ leaseUntil: null, attempts: sql`greatest(${purges.attempts} - 1, 0)` })
    .where(eq(purges.id, id));
}

/** Forgets what was removed this long ago; the table would only grow. */
export async function forgetDonePurges(db: Db, days: number): Promise<void> {
  await db.delete(purges).where(lt(purges.doneAt, sql`now() - make_interval(days => ${days})`));
}

/** Puts a failed purge off: 10 s, 20 s, 40 s … up to an hour; never given up. */
export async function postponePurge(db: Db, id: string, error: string): Promise<void> {
  await db
    .update(purges)
    .set({
      leaseUntil: null,
      lastError: error,
      notBefore: sql`now() + make_interval(secs => least(3600, 10 * power(2, least(${purges.attempts}, 10)))::float8)`,
    })
    .where(eq(purges.id, id));
}

/** The trash window of these media is called off (F-20): their purges are done without removing anything. */
export async function callOffPurges(db: Db, mediaIds: string[]): Promise<void> {
  await db
    .update(purges)
    .set({ doneAt: sql`now()`, leaseUntil: null, lastError: "restored" })
    .where(and(inArray(purges.mediaId, mediaIds), isNull(purges.doneAt)));
}

/**
 * What was promised to the purge is used after all. False: the purge is at it already, or was, or may have been, and
 * nothing may refer to it any more.
 */
export async function callOffPromised(db: Db, ids: readonly string[]): Promise<boolean> {
  const rows = await db
    .update(purges)
    .set({ doneAt: sql`now()`, lastError: "used" })
    .where(
      and(
        inArray(purges.id, [...ids]),
        isNull(purges.doneAt),
        isNull(purges.leaseUntil),
        eq(purges.attempts, 0),
      ),
    )
    .returning({ id: purges.id });
  return rows.length === ids.length;
}

/** Whether all that was promised still waits. */
export async function isPromised(db: Db, ids: readonly string[]): Promise<boolean> {
  const rows = await db
    .select({ id: purges.id })
    .from(purges)
    .where(and(inArray(purges.id, [...ids]), isNull(purges.doneAt), isNull(purges.leaseUntil)));
  return rows.length === ids.length;
}

/**
 * What was sent for an upload is used once more: every removal of it that waits is called off, and whoever closes the
 * upload asks for it again. False: one is at it already, or may have been, and the bytes must be taken for gone. To be
 * called by who has written the upload's row in the same transaction: see isReopened().
 */
export async function callOffStaging(db: Db, key: string): Promise<boolean> {
  const open = await db
    .select({ id: purges.id, attempts: purges.attempts, leaseUntil: purges.leaseUntil })
    .from(purges)
    .where(and(eq(purges.key, key), isNull(purges.doneAt)))
    .orderBy(purges.id)
    .for("update");
  if (open.some(({ attempts, leaseUntil }) => attempts > 0 || leaseUntil !== null)) return false;
  const ids = open.map(({ id }) => id);
  if (ids.length > 0)
    await db.update(purges).set({ doneAt: sql`now()`, lastError: "used" }).where(inArray(purges.id, ids));
  return true;
}

/** A medium that is to be removed: `bytes` of all its originals, one or two. */
export type Trashed = Pick<
  Media,
  "ownerId" | "keepOriginal" | "renditionFolder" | "bytes" | "purgedAt" | "updatedAt"
> & {
  keys: string[];
};

/** Locks a medium in the trash for purging, whether that has begun or not. `undefined`: restored. */
export async function lockTrashed(db: Db, id: string): Promise<Trashed | undefined> {
  const [row] = await db
    .select({
      ownerId: media.ownerId,
      key: media.key,
      keepOriginal: media.keepOriginal,
      renditionFolder: media.renditionFolder,
      bytes: media.bytes,
      purgedAt: media.purgedAt,
      updatedAt: media.updatedAt,
    })
    .from(media)
    .where(and(eq(media.id, id), isNotNull(media.deletedAt)))
    .for("update");
  if (row === undefined) return undefined;
  const [half] = await db.select().from(halves).where(eq(halves.mediaId, id));
  const { key, ...trashed } = row;
  return half === undefined || half.clipKey === null
    ? { ...trashed, keys: [key] }
    : { ...trashed, keys: [key, half.clipKey], bytes: row.bytes + (half.clipBytes ?? 0) };
}

export async function markPurged(db: Db, id: string): Promise<void> {
  await db.update(media).set({ purgedAt: sql`now()` }).where(eq(media.id, id));
}

/**
 * Its second original is removed: where it lay is forgotten then and not before (I-5). What it was stays known, as of
 * the first: what was deleted is not imported again.
 */
export async function forgetClip(db: Db, mediaId: string): Promise<void> {
  await db
    .update(halves)
    .set({ clipKey: null })
    .where(and(eq(halves.mediaId, mediaId), isNotNull(halves.clipKey)));
}

/** Whether a row that is not gone still needs this key (or folder) (I-5). */
export async function isReferenced(db: Db, key: string): Promise<boolean> {
  const name = key.endsWith("/") ? key.slice(0, -1) : key;
  const inMedia = await db
    .select({ id: media.id })
    .from(media)
    .where(and(isNull(media.purgedAt), or(eq(media.key, name), eq(media.renditionFolder, name))));
  if (inMedia.length > 0) return true;
  const inHalves = await db
    .select({ id: halves.mediaId })
    .from(halves)
    .innerJoin(media, eq(media.id, halves.mediaId))
    .where(and(eq(halves.clipKey, name), isNull(media.purgedAt)));
  if (inHalves.length > 0) return true;
  const inUploads = await db
    .select({ id: uploads.id, state: uploads.state, rejectCode: uploads.rejectCode })
    .from(uploads)
    .where(
      or(
        and(
          eq(uploads.state, "verifying"),
          or(eq(uploads.finalKey, name), eq(uploads.renditionFolder, name)),
        ),
        eq(uploads.stagingKey, name),
      ),
    );
  for (const upload of inUploads) if (isOpen(upload) || (await isReopened(db, upload))) return true;
  return false;
}

const isOpen = ({ state }: Pick<Upload, "state">): boolean => state === "issued" || state === "verifying";

/**
 * Somebody may be having it tried again at this moment: then this waits for their row and reads what they have made of it.
 * Whoever comes with a purge has claimed it before; whoever tries again writes the row before looking for claims. So one of
 * the two sees the other, whichever comes first (I-5).
 */
async function isReopened(db: Db, upload: Pick<Upload, "id" | "state" | "rejectCode">): Promise<boolean> {
  if (upload.state !== "rejected" || upload.rejectCode !== "internal") return false;
  const [now] = await db
    .select({ state: uploads.state })
    .from(uploads)
    .where(eq(uploads.id, upload.id))
    .for("share");
  return now !== undefined && isOpen(now);
}

/** Purges by key that are still open, so that a scan does not ask for the same removal twice. */
export async function openPurgeKeys(db: Db, keys: string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .select({ key: purges.key })
    .from(purges)
    .where(and(inArray(purges.key, keys), isNull(purges.doneAt)));
  return new Set(rows.map((row) => row.key));
}

/** What waits to be removed, for health and metrics. */
export async function purgeBacklog(db: Db): Promise<{ due: number; oldestSeconds: number }> {
  const [row] = await db.execute<{ due: number; oldest: number | null }>(sql`
    select count(*)::int as due, extract(epoch from now() - min(not_before))::float8 as oldest
    from (select not_before from purges where done_at is null and not_before < now() limit 10001) p`);
  return { due: row?.due ?? 0, oldestSeconds: row?.oldest ?? 0 };
}
