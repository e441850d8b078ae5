/** The only place where an upload changes its state: each change is one compare-and-set on the state it leaves (R-4). */
import { and, asc, desc, eq, gt, inArray, isNull, lt, notExists, or, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { RejectCode, UploadState } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { halves, media, quotas, samples, type Upload, uploads } from "../schema.ts";

const secondsFromNow = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
const touched = { updatedAt: sql`now()` };
/** Where it is told that nothing of an owner is being verified any longer. */
export const newsChannel = "tintype_uploads";
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

/**
 * A person's open uploads and those of their last day, each counted no further than its cap: their own, or those that
 * guests send through their links.
 */
export async function countUploads(
  db: Db,
  ownerId: string,
  { by, ...caps }: { open: number; day: number; by: "owner" | "guests" },
): Promise<{ open: number; day: number }> {
  const theirs =
    by === "owner"
      ? sql`guest_id is null and not by_operator`
      : sql`guest_id is not null and not by_operator`;
  const [row] = await db.execute<{ open: number; day: number }>(sql`select
    (select count(*)::int from (
      select from ${uploads} where owner_id = ${ownerId} and state in ('issued', 'verifying') and ${theirs}
      limit ${caps.open}) o) as open,
    (select count(*)::int from (
      select from ${uploads} where owner_id = ${ownerId} and created_at > now() - interval '1 day' and ${theirs}
      limit ${caps.day}) d) as day`);
  return row ?? { open: 0, day: 0 };
}

// Reading

export async function findByTokens(db: Db, ownerId: string, tokens: string[]): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.ownerId, ownerId), sql`${uploads.clientToken} = any(${list(tokens)}::uuid[])`));
}

/** Live media of this owner with one of these contents (R-26), be it the clip of a picture made of two files. */
export async function findDuplicates(
  db: Db,
  ownerId: string,
  digests: string[],
): Promise<{ id: string; sha256: string }[]> {
  const given = sql`${list(digests.map((hex) => `"\\\\x${hex}"`))}::bytea[]`;
  const whole = db
    .select({ id: media.id, sha256: media.sha256 })
    .from(media)
    .where(and(eq(media.ownerId, ownerId), sql`${media.sha256} = any(${given})`, isNull(media.deletedAt)));
  const clips = db
    .select({ id: media.id, sha256: sql`${halves.clipSha256}`.mapWith(media.sha256) })
    .from(halves)
    .innerJoin(media, eq(media.id, halves.mediaId))
    .where(
      and(eq(halves.ownerId, ownerId), sql`${halves.clipSha256} = any(${given})`, isNull(media.deletedAt)),
    );
  return unionAll(whole, clips);
}

export async function findOwnUploads(db: Db, ownerId: string, ids: string[]): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.ownerId, ownerId), inArray(uploads.id, ids)));
}

/** A list as one parameter: forty of them cost more to write into a statement than the statement costs. */
const list = (values: string[]) => `{${values.join(",")}}`;

/** What the next step of an upload needs to know. */
export type IssuedUpload = Pick<Upload, "id" | "stagingKey" | "bytes" | "transport" | "multipartId">;

export async function findIssued(db: Db, ownerId: string, ids: string[]): Promise<IssuedUpload[]> {
  return db
    .select({
      id: uploads.id,
      stagingKey: uploads.stagingKey,
      bytes: uploads.bytes,
      transport: uploads.transport,
      multipartId: uploads.multipartId,
    })
    .from(uploads)
    .where(
      and(
        eq(uploads.ownerId, ownerId),
        eq(uploads.state, "issued"),
        sql`${uploads.id} = any(${list(ids)}::uuid[])`,
      ),
    );
}

/** How an owner's uploads stand. */
export type Standing = Pick<Upload, "id" | "state" | "mediaId" | "rejectCode">;

export async function findStandings(db: Db, ownerId: string, ids: string[]): Promise<Standing[]> {
  return db
    .select({
      id: uploads.id,
      state: uploads.state,
      mediaId: uploads.mediaId,
      rejectCode: uploads.rejectCode,
    })
    .from(uploads)
    .where(and(eq(uploads.ownerId, ownerId), sql`${uploads.id} = any(${list(ids)}::uuid[])`));
}

export async function findUpload(db: Db, id: string): Promise<Upload | undefined> {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  return row;
}

/** Uploads under way that the person began in a browser: what others bring in their name is not theirs to go on with. */
export async function listOpenUploads(db: Db, ownerId: string, limit: number): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.ownerId, ownerId),
        inArray(uploads.state, ["issued", "verifying"]),
        eq(uploads.byOperator, false),
        isNull(uploads.guestId),
        notExists(
          db
            .select()
            .from(samples)
            .where(and(eq(samples.ownerId, uploads.ownerId), eq(samples.clientToken, uploads.clientToken))),
        ),
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
  | "timeZone"
  | "transport"
  | "guestId"
>;

/**
 * Inserts what is new; a client token that is known already is left alone and missing from the answer. The rows travel
 * as one parameter: as values of their own they cost more than everything else about a batch.
 */
export async function insertUploads(
  db: Db,
  rows: NewUpload[],
  policySeconds: number,
): Promise<Pick<Upload, "id" | "clientToken" | "policyExpiresAt">[]> {
  const given = rows.map((row) => ({
    owner_id: row.ownerId,
    client_token: row.clientToken,
    staging_key: row.stagingKey,
    filename: row.filename,
    declared_mime: row.declaredMime,
    bytes: row.bytes,
    sha256: row.sha256 === null ? null : `\\x${row.sha256}`,
    file_modified_at: row.fileModifiedAt?.toISOString() ?? null,
    time_zone: row.timeZone,
    transport: row.transport,
    guest_id: row.guestId,
  }));
  const inserted = await db.execute<{ id: string; client_token: string; policy_expires_at: string }>(sql`
    insert into ${uploads} (owner_id, client_token, staging_key, filename, declared_mime, bytes, sha256,
      file_modified_at, time_zone, transport, guest_id, policy_expires_at)
    select r.*, ${secondsFromNow(policySeconds)} from json_to_recordset(${JSON.stringify(given)}::json)
      as r(owner_id uuid, client_token uuid, staging_key text, filename text, declared_mime text, bytes bigint,
        sha256 bytea, file_modified_at timestamptz, time_zone text, transport transport, guest_id uuid)
    on conflict (owner_id, client_token) do nothing
    returning id, client_token, policy_expires_at`);
  return inserted.map((row) => ({
    id: row.id,
    clientToken: row.client_token,
    policyExpiresAt: new Date(row.policy_expires_at),
  }));
}

/** One row for a form that no script fills in: `bytes` are the most that it may bring. */
export async function insertPlain(
  db: Db,
  row: Pick<Upload, "ownerId" | "clientToken" | "stagingKey" | "filename" | "bytes">,
  policySeconds: number,
): Promise<string | undefined> {
  const [inserted] = await db
    .insert(uploads)
    .values({ ...row, declaredMime: "", sha256: null, policyExpiresAt: secondsFromNow(policySeconds) })
    .returning({ id: uploads.id });
  return inserted?.id;
}

/** A new policy for the same key, only while issued and younger than `ageSecondsMax` (R-16). */
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

/** What the queue has to know of an upload. `waits`: a worker that comes free may take its job. */
export type Verifying = Pick<Upload, "id" | "ownerId" | "guestId" | "bytes" | "byOperator">;

type VerifyingRow = {
  id: string;
  owner_id: string;
  guest_id: string | null;
  bytes: string;
  by_operator: boolean;
};
const verifyingOf = (row: VerifyingRow): Verifying => ({
  id: row.id,
  ownerId: row.owner_id,
  guestId: row.guest_id,
  bytes: Number(row.bytes),
  byOperator: row.by_operator,
});

/** issued → verifying, waiting for a worker. Answers those it was, in the order in which they were given. */
export async function startVerifying(db: Db, ids: string[], queueSeconds: number): Promise<Verifying[]> {
  // Locked in one order for everybody: two batches that share uploads would otherwise wait for each other.
  const rows = await db.execute<VerifyingRow>(sql`
    with mine as (
      select id from ${uploads} where id = any(${list(ids)}::uuid[]) and state = 'issued' order by id for update)
    update ${uploads} set state = 'verifying', lease_token = null, lease_until = ${secondsFromNow(queueSeconds)},
      updated_at = now()
    from mine where ${uploads}.id = mine.id
    returning ${uploads}.id, owner_id, guest_id, bytes, by_operator`);
  const started = new Map(rows.map((row) => [row.id, verifyingOf(row)]));
  return [...new Set(ids)].flatMap((id) => started.get(id) ?? []);
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

/**
 * Tells every process that waits with this owner when nothing of theirs is being verified any longer; heard when the
 * transaction commits. Once for a batch: to be woken for each picture costs a web process more than to look now and then.
 */
async function tellIfDone(db: Db, { ownerId }: Pick<Upload, "ownerId">): Promise<void> {
  await db.execute(sql`
    select pg_notify(${newsChannel}, ${ownerId}::text)
    where not exists (select from ${uploads} where owner_id = ${ownerId} and state = 'verifying')`);
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

/** From here on the picture itself could end its worker (F-11). False: the lease is lost. */
export async function countTry(db: Db, held: { id: string; token: string }): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({ attempts: sql`${uploads.attempts} + 1`, ...touched })
    .where(heldBy(held.id, held.token))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** It has not: whoever holds the upload by now, that try is none. */
export async function forgiveTry(db: Db, id: string): Promise<void> {
  await db
    .update(uploads)
    .set({ attempts: sql`greatest(${uploads.attempts} - 1, 0)` })
    .where(and(eq(uploads.id, id), eq(uploads.state, "verifying")));
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

/** verifying → issued: the object is not there (R-4). */
export async function giveBack(db: Db, held: { id: string; token: string }): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({ state: "issued", ...freed, ...touched })
    .where(heldBy(held.id, held.token))
    .returning({ ownerId: uploads.ownerId });
  for (const row of rows) await tellIfDone(db, row);
  return rows.length > 0;
}

/** Stays verifying, free to be taken again after a while. `counted` when the fault was the picture's. False: the lease is lost. */
export async function postpone(
  db: Db,
  held: { id: string; token: string },
  how: { seconds: number; counted: boolean },
): Promise<boolean> {
  const rows = await db
    .update(uploads)
    .set({
      leaseToken: null,
      leaseUntil: secondsFromNow(how.seconds),
      ...(how.counted ? { attempts: sql`${uploads.attempts} + 1` } : {}),
      ...touched,
    })
    .where(heldBy(held.id, held.token))
    .returning({ id: uploads.id });
  return rows.length > 0;
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
  if (row !== undefined) await tellIfDone(db, row);
  return row;
}

/**
 * rejected → verifying, by a person and only for what was given up (R-4 knows no other way back). Under new keys: those it
 * had are about to be purged. `undefined`: it is not, or no longer, of that kind.
 */
export async function reopenGivenUp(db: Db, id: string, queueSeconds: number): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({
      state: "verifying",
      rejectCode: null,
      attempts: 0,
      finalKey: null,
      renditionFolder: null,
      leaseToken: null,
      leaseUntil: secondsFromNow(queueSeconds),
      ...touched,
    })
    .where(and(eq(uploads.id, id), eq(uploads.state, "rejected"), eq(uploads.rejectCode, "internal")))
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
  if (row !== undefined) await tellIfDone(db, row);
  return row;
}

/** issued → expired, unless its policy was renewed since it was found forgotten. `undefined`: it was, or it went on. */
export async function closeForgotten(db: Db, id: string, graceSeconds: number): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({ state: "expired", ...touched })
    .where(and(eq(uploads.id, id), forgottenSince(graceSeconds)))
    .returning();
  return row;
}

/** Locks a row to decide what becomes of its keys (R-23). */
export async function lockUpload(db: Db, id: string): Promise<Upload | undefined> {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id)).for("update");
  return row;
}

// Sweeping (R-30)

const forgottenSince = (graceSeconds: number) =>
  and(
    eq(uploads.state, "issued"),
    lt(uploads.policyExpiresAt, sql`now() - make_interval(secs => ${graceSeconds})`),
  );

/** Issued uploads whose policy ended `graceSeconds` ago. */
export async function listForgotten(db: Db, graceSeconds: number, limit: number): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(forgottenSince(graceSeconds))
    .orderBy(asc(uploads.policyExpiresAt))
    .limit(limit);
}

/** Verifying uploads that nobody holds any more: gets them once per `queueSeconds`, whoever asks (F-28). */
export async function reviveStale(
  db: Db,
  queueSeconds: number,
  limit: number,
): Promise<(Verifying & { waits: boolean })[]> {
  const rows = await db.execute<VerifyingRow & { waits: boolean }>(sql`
    update uploads set lease_token = null, lease_until = ${secondsFromNow(queueSeconds)}, updated_at = now()
    where id in (
      select id from uploads where state = 'verifying' and (lease_until < now() or lease_until is null)
      order by lease_until limit ${limit} for update skip locked)
    returning id, owner_id, guest_id, bytes, by_operator, exists (
      select from graphile_worker.jobs j where j.key = 'finalize:' || uploads.id
        and j.locked_at is null and j.attempts < j.max_attempts and j.run_at <= now()) as waits`);
  return rows.map((row) => ({ ...verifyingOf(row), waits: row.waits }));
}

/**
 * Verifying uploads that nobody holds and whose job a worker took `seconds` ago: it was killed while they waited there
 * for a place. What a living one keeps waiting so long is enqueued once more, which does no harm.
 */
export async function reviveDropped(
  db: Db,
  how: { seconds: number; queueSeconds: number; limit: number },
): Promise<(Verifying & { waits: boolean })[]> {
  const rows = await db.execute<VerifyingRow>(sql`
    update uploads set lease_until = ${secondsFromNow(how.queueSeconds)}, updated_at = now()
    where id in (
      select u.id from graphile_worker.jobs j join uploads u on j.key = 'finalize:' || u.id
      where j.task_identifier = 'finalize' and j.locked_at < now() - make_interval(secs => ${how.seconds})
        and u.state = 'verifying' and u.lease_token is null
      limit ${how.limit} for update of u skip locked)
    returning id, owner_id, guest_id, bytes, by_operator`);
  return rows.map((row) => ({ ...verifyingOf(row), waits: false }));
}

/**
 * Forgets uploads of more than `days` ago that became no medium, `limit` at most; how many. What the command line brought
 * stays, or it would bring again what was refused.
 */
export async function forgetClosed(
  db: Db,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  const old = db
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        inArray(uploads.state, ["expired", "cancelled", "rejected"]),
        lt(uploads.createdAt, sql`now() - make_interval(days => ${days})`),
        eq(uploads.byOperator, false),
        eq(uploads.inPlace, false),
      ),
    )
    .limit(limit)
    .for("update", { skipLocked: true });
  const gone = await db.delete(uploads).where(inArray(uploads.id, old)).returning({ id: uploads.id });
  return gone.length;
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
