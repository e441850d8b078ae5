/**
 * What reconciling reads: rows in the order in which a bucket lists its keys, a page at a time and never by offset, and
 * the rows that contradict one another.
 */
import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** A list as one parameter; see queries/uploads.ts. Values may hold anything. */
const list = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;

/**
 * Whether text sorts by its bytes here, as buckets list keys: then the indexes on keys give the order. Otherwise each
 * page is a walk through the table, and pages should be large.
 */
export async function sortsByBytes(db: Db): Promise<boolean> {
  const [row] = await db.execute<{ bytewise: boolean }>(sql`
    select coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'b'
        or (coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c' and d.datcollate ~* '^(C|POSIX)(\\.utf-?8)?$') as bytewise
    from pg_database d where d.datname = current_database()`);
  return row?.bytewise === true;
}

const ordered = (bytewise: boolean) => (bytewise ? sql`` : sql` collate "C"`);

export type KeptOriginal = { key: string; bytes: number; sha256: string; mediaId: string };

/** Originals that should be in the bucket, the trash included, by key. */
export async function originalsAfter(
  db: Db,
  { after, limit, bytewise }: { after: string; limit: number; bytewise: boolean },
): Promise<KeptOriginal[]> {
  const order = ordered(bytewise);
  const rows = await db.execute<{ key: string; bytes: string; sha256: string; id: string }>(sql`
    select key, bytes, encode(sha256, 'hex') as sha256, id from media
    where purged_at is null and key${order} > ${after} order by key${order} limit ${limit}`);
  return rows.map((row) => ({ key: row.key, bytes: Number(row.bytes), sha256: row.sha256, mediaId: row.id }));
}

/** The second originals of stills that have a clip, by key. */
export async function clipsAfter(
  db: Db,
  { after, limit, bytewise }: { after: string; limit: number; bytewise: boolean },
): Promise<KeptOriginal[]> {
  const order = ordered(bytewise);
  const rows = await db.execute<{ key: string; bytes: string | null; sha256: string | null; id: string }>(sql`
    select h.clip_key as key, h.clip_bytes as bytes, encode(h.clip_sha256, 'hex') as sha256, h.media_id as id
    from halves h join media m on m.id = h.media_id and m.purged_at is null
    where h.clip_key${order} > ${after} order by h.clip_key${order} limit ${limit}`);
  return rows.map((row) => ({
    key: row.key,
    bytes: Number(row.bytes ?? -1),
    sha256: row.sha256 ?? "",
    mediaId: row.id,
  }));
}

export type KeptRenditions = {
  folder: string;
  mediaId: string;
  avifWidths: number[];
  jpegWidths: number[];
  motion: string | null;
};

/** Folders of renditions that should be in the bucket, in order. */
export async function renditionsAfter(
  db: Db,
  { after, limit, bytewise }: { after: string; limit: number; bytewise: boolean },
): Promise<KeptRenditions[]> {
  const order = ordered(bytewise);
  const rows = await db.execute<{
    folder: string;
    id: string;
    avif: number[];
    jpeg: number[];
    motion: string | null;
  }>(sql`
    select rendition_folder as folder, id, avif_widths as avif, jpeg_widths as jpeg, motion from media
    where rendition_folder${order} > ${after} and purged_at is null order by rendition_folder${order} limit ${limit}`);
  return rows.map((row) => ({
    folder: row.folder,
    mediaId: row.id,
    avifWidths: row.avif,
    jpegWidths: row.jpeg,
    motion: row.motion,
  }));
}

/** Whether originals lie outside of media/, where another program put them. */
export async function hasAdopted(db: Db, bytewise: boolean): Promise<boolean> {
  const order = ordered(bytewise);
  const [row] = await db.execute<{ found: boolean }>(sql`
    select exists (select from media where purged_at is null and key${order} < 'media/')
        or exists (select from media where purged_at is null and key${order} >= 'media0') as found`);
  return row?.found === true;
}

/** Those of the names (keys, or folders without a slash at the end) that some row still speaks of (I-2). */
export async function mentioned(db: Db, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const wanted = list(names);
  const rows = await db.execute<{ name: string }>(sql`
    with wanted as (select unnest(${wanted}::text[]) as name)
    select name from wanted w where
      exists (select from media m where m.key = w.name and m.purged_at is null)
      or exists (select from media m where m.rendition_folder = w.name and m.purged_at is null)
      or exists (select from halves h join media m on m.id = h.media_id where h.clip_key = w.name and m.purged_at is null)
      or exists (select from uploads u where u.final_key = w.name and u.state = 'verifying')
      or exists (select from uploads u where u.rendition_folder = w.name and u.state = 'verifying')
      or exists (select from uploads u where u.staging_key = w.name and u.state in ('issued', 'verifying'))
      or exists (select from purges p where p.key = w.name and p.done_at is null)
      or exists (select from media m join purges p on p.media_id = m.id and p.done_at is null
        where m.rendition_folder = w.name)
      or exists (select from halves h join purges p on p.media_id = h.media_id and p.done_at is null
        where h.clip_key = w.name)
      or exists (select from purges p where p.key = w.name || '/' and p.done_at is null)`);
  return new Set(rows.map((row) => row.name));
}

/** Objects that were read where they lie and refused: adopting them once more would end the same way. */
export async function refusedInPlace(db: Db, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await db.execute<{ key: string; code: string }>(sql`
    select staging_key as key, reject_code as code from uploads
    where staging_key = any(${list(keys)}::text[]) and in_place and state = 'rejected'`);
  return new Map(rows.map((row) => [row.key, row.code]));
}

/** What the row says of the original now; `undefined` when no row that is not purged has this key. */
export async function originalNow(db: Db, key: string): Promise<KeptOriginal | undefined> {
  const rows = await db.execute<{ key: string; bytes: string; sha256: string; id: string }>(sql`
    select key, bytes, encode(sha256, 'hex') as sha256, id from media where key = ${key} and purged_at is null
    union all
    select h.clip_key, h.clip_bytes, encode(h.clip_sha256, 'hex'), h.media_id from halves h
    join media m on m.id = h.media_id where h.clip_key = ${key} and m.purged_at is null`);
  const [row] = rows;
  return row === undefined
    ? undefined
    : { key: row.key, bytes: Number(row.bytes), sha256: row.sha256, mediaId: row.id };
}

/** The renditions of one medium now. */
export async function renditionsNow(db: Db, mediaId: string): Promise<KeptRenditions | undefined> {
  const [row] = await db.execute<{
    folder: string;
    avif: number[];
    jpeg: number[];
    motion: string | null;
  }>(sql`
    select rendition_folder as folder, avif_widths as avif, jpeg_widths as jpeg, motion from media
    where id = ${mediaId} and purged_at is null`);
  return row === undefined
    ? undefined
    : { mediaId, folder: row.folder, avifWidths: row.avif, jpegWidths: row.jpeg, motion: row.motion };
}

/** Multipart uploads that an open upload is gathering, by their ids. */
export async function gathering(db: Db, multipartIds: readonly string[]): Promise<Set<string>> {
  if (multipartIds.length === 0) return new Set();
  const rows = await db.execute<{ id: string }>(sql`
    select multipart_id as id from uploads
    where multipart_id = any(${list(multipartIds)}::text[]) and state in ('issued', 'verifying')`);
  return new Set(rows.map((row) => row.id));
}

// Rows that contradict one another

export type OddRow = { id: string; what: OddKind };
export type OddKind =
  | "ready_without_medium"
  | "verifying_for_long"
  | "forgotten_by_sweeper"
  | "trash_without_end"
  | "no_renditions";

/** At most `limit` of each kind, so that a broken table does not become a report of its own size. */
export async function oddRows(
  db: Db,
  { ageSeconds, graceSeconds, limit }: { ageSeconds: number; graceSeconds: number; limit: number },
): Promise<OddRow[]> {
  return db.execute<OddRow>(sql`
    (select u.id, 'ready_without_medium' as what from uploads u
      where u.state = 'ready' and (u.media_id is null or not exists (select from media m where m.id = u.media_id))
      limit ${limit})
    union all
    (select id, 'verifying_for_long' from uploads
      where state = 'verifying' and created_at < now() - make_interval(secs => ${ageSeconds})
        and coalesce(lease_until, updated_at) < now() - make_interval(secs => ${ageSeconds}) limit ${limit})
    union all
    (select id, 'forgotten_by_sweeper' from uploads
      where state = 'issued'
        and policy_expires_at < now() - make_interval(secs => ${graceSeconds + ageSeconds}) limit ${limit})
    union all
    (select id, 'trash_without_end' from media m
      where deleted_at > 'epoch' and purged_at is null
        and deleted_at < now() - interval '1 hour'
        and not exists (select from purges p where p.media_id = m.id and p.done_at is null) limit ${limit})
    union all
    (select id, 'no_renditions' from media
      where purged_at is null and cardinality(jpeg_widths) = 0 and cardinality(avif_widths) = 0 limit ${limit})`);
}

export type QuotaDrift = {
  ownerId: string;
  used: number;
  usedIs: number;
  reserved: number;
  reservedIs: number;
};

/** I-6, of everybody or of one: what the books say and what the rows add up to, in one snapshot. */
export async function quotaDrift(db: Db, ownerId?: string): Promise<QuotaDrift[]> {
  const rows = await db.execute<{
    owner: string;
    used: string;
    used_is: string;
    reserved: string;
    reserved_is: string;
  }>(sql`
    select q.owner_id as owner, q.used_bytes as used, coalesce(m.sum, 0) as used_is,
      q.reserved_bytes as reserved, coalesce(u.sum, 0) as reserved_is
    from quotas q
    left join (select owner_id, sum(bytes + coalesce(clip_bytes, 0)) from (
        select m.owner_id, m.bytes, h.clip_bytes, m.purged_at from media m
        left join halves h on h.media_id = m.id and h.clip_key is not null) m
      where purged_at is null and (${ownerId ?? null}::uuid is null or owner_id = ${ownerId ?? null}) group by 1) m using (owner_id)
    left join (select owner_id, sum(bytes) from uploads
      where state in ('issued', 'verifying') and (${ownerId ?? null}::uuid is null or owner_id = ${ownerId ?? null})
      group by 1) u using (owner_id)
    where (${ownerId ?? null}::uuid is null or q.owner_id = ${ownerId ?? null})
      and (q.used_bytes <> coalesce(m.sum, 0) or q.reserved_bytes <> coalesce(u.sum, 0))`);
  return rows.map((row) => ({
    ownerId: row.owner,
    used: Number(row.used),
    usedIs: Number(row.used_is),
    reserved: Number(row.reserved),
    reservedIs: Number(row.reserved_is),
  }));
}

/** The caller holds the owner's quota row. */
export async function setQuota(
  db: Db,
  ownerId: string,
  is: { used: number; reserved: number },
): Promise<void> {
  await db.execute(sql`
    update quotas set used_bytes = ${is.used}, reserved_bytes = ${is.reserved} where owner_id = ${ownerId}`);
}

export type LatePurge = {
  id: string;
  key: string;
  mediaId: string | null;
  attempts: number;
  lastError: string | null;
  notBefore: Date;
  createdAt: Date;
};

/** Removals that were due `seconds` ago or that have failed `attempts` times, by how long they have been there. */
export async function latePurges(
  db: Db,
  { seconds, attempts, limit }: { seconds: number; attempts: number; limit: number },
): Promise<LatePurge[]> {
  const rows = await db.execute<{
    id: string;
    key: string;
    media_id: string | null;
    attempts: number;
    last_error: string | null;
    not_before: string;
    created_at: string;
  }>(sql`
    select id, key, media_id, attempts, last_error, not_before, created_at from purges
    where done_at is null
      and (not_before < now() - make_interval(secs => ${seconds}) or (attempts >= ${attempts} and last_error is not null))
    order by not_before limit ${limit}`);
  return rows.map((row) => ({
    id: row.id,
    key: row.key,
    mediaId: row.media_id,
    attempts: row.attempts,
    lastError: row.last_error,
    notBefore: new Date(row.not_before),
    createdAt: new Date(row.created_at),
  }));
}

export type DeadJob = {
  id: string;
  task: string;
  key: string | null;
  attempts: number;
  lastError: string | null;
  at: Date;
};

/** Jobs that have used up their tries: nobody takes them again by itself. Oldest first. */
export async function deadJobs(db: Db, limit: number): Promise<DeadJob[]> {
  const rows = await db.execute<{
    id: string;
    task_identifier: string;
    key: string | null;
    attempts: number;
    last_error: string | null;
    updated_at: string;
  }>(sql`
    select id, task_identifier, key, attempts, last_error, updated_at from graphile_worker.jobs
    where attempts >= max_attempts and locked_at is null
      and task_identifier in ('finalize', 'derive', 'backup')
    order by id limit ${limit}`);
  return rows.map((row) => ({
    id: String(row.id),
    task: row.task_identifier,
    key: row.key,
    attempts: row.attempts,
    lastError: row.last_error,
    at: new Date(row.updated_at),
  }));
}

/** Lets removals that fail and wait be tried at once; answers how many there were. */
export async function hurryPurges(db: Db, ids: readonly string[]): Promise<number> {
  const rows = await db.execute(sql`
    update purges set not_before = now()
    where id = any(${list(ids)}::uuid[]) and done_at is null and lease_until is null returning id`);
  return rows.length;
}

/** Gives jobs that gave up all their tries again; answers how many there were. */
export async function retryJobs(db: Db, ids: readonly string[]): Promise<number> {
  const rows = await db.execute(sql`
    select id from graphile_worker.reschedule_jobs(
      (select coalesce(array_agg(id), '{}') from graphile_worker.jobs
       where id = any(${list(ids)}::bigint[]) and attempts >= max_attempts and locked_at is null),
      run_at => now(), attempts => 0)`);
  return rows.length;
}

/** Whether the medium is in the trash and nothing is going to end that. */
export async function isTrashWithoutEnd(db: Db, mediaId: string): Promise<boolean> {
  const rows = await db.execute(sql`
    select from media m where id = ${mediaId} and deleted_at > 'epoch' and purged_at is null
      and not exists (select from purges p where p.media_id = m.id and p.done_at is null) for update`);
  return rows.length > 0;
}

/** How many media there are that should have an object, as far as `limit`. */
export async function countKept(db: Db, limit: number): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from (select from media where purged_at is null limit ${limit}) m`);
  return row?.n ?? 0;
}

/** What tells this database from every other, and from itself before it was restored. */
export async function databaseIdentity(db: Db): Promise<string> {
  const [row] = await db.execute<{ identity: string }>(sql`
    select concat_ws(':', current_database(), d.oid, 'public.media'::regclass::oid) as identity
    from pg_database d where d.datname = current_database()`);
  return row?.identity ?? "";
}

/** The medium, while it is not gone for good. */
export async function mediumNow(db: Db, id: string): Promise<{ id: string; key: string } | undefined> {
  const [row] = await db.execute<{ id: string; key: string }>(sql`
    select id, key from media where id = ${id} and purged_at is null`);
  return row;
}

/** A rendition that the medium of its folder promises, or a second original: what queries/purges.ts does not ask for. */
export async function mentionedStrictly(db: Db, key: string): Promise<boolean> {
  const folder = key.slice(0, Math.max(key.lastIndexOf("/"), 0));
  const name = key.slice(folder.length + 1);
  const [row] = await db.execute<{ found: boolean }>(sql`
    select exists (select from halves h where h.clip_key = ${key})
      or exists (select from media m join purges p on p.media_id = m.id and p.done_at is null
        where m.rendition_folder = ${folder})
      or exists (select from media m where m.rendition_folder = ${folder} and m.purged_at is null
        and (${name} = any (select w || '.avif' from unnest(m.avif_widths) w)
          or ${name} = any (select w || '.jpg' from unnest(m.jpeg_widths) w) or ${name} = 'motion.' || m.motion))
      or exists (select from uploads u where u.rendition_folder = ${folder} and u.state = 'verifying') as found`);
  return row?.found === true;
}

/** The first of the two that is an account which may have pictures; the gallery's owner when neither is given. */
export async function knownOwner(
  db: Db,
  said: string | undefined,
  otherwise: string | undefined,
): Promise<string | undefined> {
  const isId = said !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(said);
  const rows = await db.execute<{ id: string }>(sql`
    select id from users where id = ${isId ? said : null}
    union all select id from users where id = ${otherwise ?? null}`);
  return rows[0]?.id;
}

/** When the first picture that is still there came. */
export async function oldestMedium(db: Db): Promise<Date | undefined> {
  const [row] = await db.execute<{ at: string }>(sql`
    select created_at as at from media where purged_at is null order by created_at, id limit 1`);
  return row === undefined ? undefined : new Date(row.at);
}
