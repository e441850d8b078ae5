/**
 * The judge: reads the whole database with SQL of its own and the whole bucket with a listing of its own, hashes every
 * object, and compares with what people were told. Shares no code with the product.
 */
import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import postgres from "postgres";
import type { Client } from "./client.ts";
import { type GivenUp, standing } from "./given-up.ts";
import { judgeMade } from "./links.ts";
import type { Person, Story } from "./person.ts";
import type { Place } from "./place.ts";

/** `whole`: for a picture of ours, that its end is there. */
export type StoredObject = { bytes: number; sha256: string; type: string; head: string; whole: boolean };
type MediaRow = {
  id: string;
  owner: string;
  visibility: string;
  key: string;
  rendition_folder: string;
  avif_widths: number[];
  jpeg_widths: number[];
  motion: string | null;
  sha256: string;
  bytes: number;
  mime: string;
  title: string;
  deleted: boolean;
  purged: boolean;
  /** Sent by a guest, and not looked at yet by who made the link. */
  waiting: boolean;
  /** The second original of a Live Photo: its moving part. The key goes when it is purged. */
  clip_key: string | null;
  clip_sha256: string | null;
  clip_bytes: number | null;
  clip_mime: string | null;
};

export const s3Of = ({
  direct,
}: {
  direct: Pick<Place["direct"], "endpoint" | "region" | "keys">;
}): S3Client =>
  new S3Client({
    endpoint: direct.endpoint,
    region: direct.region,
    credentials: direct.keys,
    forcePathStyle: true,
  });

export const mediaRows = (sql: postgres.ISql): Promise<MediaRow[]> =>
  sql<MediaRow[]>`
    select m.id, u.email as owner, m.visibility, m.key, m.rendition_folder, m.avif_widths, m.jpeg_widths, m.motion,
      encode(m.sha256, 'hex') as sha256, m.bytes::int as bytes, m.mime, m.deleted_at is not null as deleted,
      m.purged_at is not null as purged, m.title, exists (select from arrivals a where a.media_id = m.id) as waiting, h.clip_key, encode(h.clip_sha256, 'hex') as clip_sha256,
      h.clip_bytes::int as clip_bytes, h.clip_mime
    from media m join users u on u.id = m.owner_id left join halves h on h.media_id = m.id`.then((rows) => [
    ...rows,
  ]);

/** A JPEG has its last marker, and the boxes of anything else end where it ends. */
function isWhole(data: Buffer): boolean {
  if (data.subarray(0, 3).toString("hex") === "ffd8ff") return data.subarray(-2).toString("hex") === "ffd9";
  if (data.subarray(4, 8).toString("latin1") !== "ftyp") return data.length > 0;
  let at = 0;
  while (at + 8 <= data.length) {
    const size = data.readUInt32BE(at);
    if (size === 0) return true;
    at += size === 1 ? Number(data.readBigUInt64BE(at + 8)) : size;
  }
  return at === data.length;
}

export async function readObject(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<StoredObject | undefined> {
  try {
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const data = (await got.Body?.transformToByteArray()) ?? new Uint8Array();
    return {
      bytes: data.length,
      sha256: createHash("sha256").update(data).digest("hex"),
      type: got.ContentType ?? "",
      head: Buffer.from(data.subarray(0, 12)).toString("latin1"),
      whole: isWhole(Buffer.from(data)),
    };
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return undefined;
    throw error;
  }
}

const readAtOnce = 8;
const pagesAtOnce = 4;

async function wholeBucket(s3: S3Client, bucket: string): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  const inTurn = pLimit(readAtOnce);
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    await Promise.all(
      (page.Contents ?? []).map(({ Key = "" }) =>
        inTurn(async () => {
          const object = await readObject(s3, bucket, Key);
          if (object !== undefined) objects.set(Key, object);
        }),
      ),
    );
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return objects;
}

const isAvif = (object: StoredObject): boolean => object.head.slice(4, 8) === "ftyp" && object.whole;
const isJpeg = (object: StoredObject): boolean => object.head.startsWith("\xff\xd8\xff") && object.whole;

type Original = Pick<MediaRow, "key" | "sha256" | "bytes" | "mime">;
const originalsOf = (row: MediaRow): Original[] => [
  row,
  ...(row.clip_key !== null && row.clip_sha256 !== null && row.clip_bytes !== null && row.clip_mime !== null
    ? [{ key: row.clip_key, sha256: row.clip_sha256, bytes: row.clip_bytes, mime: row.clip_mime }]
    : []),
];
const holds = (row: MediaRow, sha256: string): boolean => row.sha256 === sha256 || row.clip_sha256 === sha256;

/** I-1 of one medium; sentences of what is wrong. */
export function wrongWith(row: MediaRow, of: (key: string) => StoredObject | undefined): string[] {
  const wrong: string[] = [];
  for (const { key, sha256, bytes, mime } of originalsOf(row)) {
    const original = of(key);
    if (original === undefined) wrong.push(`I-1: medium ${row.id} has no original at ${key}`);
    else if (original.sha256 !== sha256 || original.bytes !== bytes)
      wrong.push(`I-1: medium ${row.id} promises other bytes than ${key} has`);
    else if (original.type !== mime) wrong.push(`I-1: ${key} is ${original.type}, not ${mime}`);
  }
  const kinds = [
    { widths: row.avif_widths, ending: "avif", right: isAvif },
    { widths: row.jpeg_widths, ending: "jpg", right: isJpeg },
  ];
  for (const { widths, ending, right } of kinds)
    for (const width of widths) {
      const key = `${row.rendition_folder}/${width}.${ending}`;
      const object = of(key);
      if (object === undefined || !right(object)) wrong.push(`I-1: medium ${row.id} has no rendition ${key}`);
    }
  if (row.avif_widths.length === 0) wrong.push(`I-1: medium ${row.id} has no renditions at all`);
  const motion = `${row.rendition_folder}/motion.${row.motion}`;
  if (row.motion !== null && of(motion) === undefined) wrong.push(`I-1: medium ${row.id} has no ${motion}`);
  return wrong;
}

async function invariants(
  sql: postgres.ISql,
  rows: MediaRow[],
  objects: Map<string, StoredObject>,
): Promise<string[]> {
  const wrong = rows.filter((row) => !row.purged).flatMap((row) => wrongWith(row, (key) => objects.get(key)));
  const keys = new Set(
    rows.filter((row) => !row.purged).flatMap((row) => originalsOf(row).map(({ key }) => key)),
  );
  const folders = new Set(rows.filter((row) => !row.purged).map((row) => row.rendition_folder));
  for (const key of objects.keys()) {
    if (key.startsWith("incoming/")) wrong.push(`I-3: ${key} is left in incoming/`);
    else if (key.startsWith("media/") && !keys.has(key)) wrong.push(`I-2: no row knows ${key}`);
    else if (key.startsWith("derived/") && !folders.has(key.slice(0, key.lastIndexOf("/"))))
      wrong.push(`I-2: no row knows the folder of ${key}`);
  }
  for (const row of rows) {
    if (row.purged && !row.deleted) wrong.push(`I-5: medium ${row.id} is purged and not deleted`);
    if (row.waiting && (!row.deleted || row.purged))
      wrong.push(`A guest's medium ${row.id} waits, and is ${row.purged ? "gone" : "shown"}`);
    if (row.deleted && !row.purged && !row.waiting)
      wrong.push(`I-5: medium ${row.id} is still in the trash after its time`);
  }
  for (const one of await sql`select m.id from media m where not exists (
      select from uploads u where u.media_id = m.id and u.state = 'ready')`)
    wrong.push(`I-4: medium ${one.id} came from no upload that was verified`);
  for (const one of await sql`
      with live as (select owner_id, visibility, to_char(taken_at, 'YYYY-MM-01') as month, count(*)::int as n
        from media where deleted_at is null group by 1, 2, 3)
      select coalesce(l.month, m.month) as month, coalesce(l.n, 0) as n, coalesce(m.count, 0) as said
      from live l full join (select * from media_months where count <> 0) m using (owner_id, visibility, month)
      where l.n is distinct from m.count`)
    wrong.push(`R-4: the totals of ${one.month} say ${one.said}, there are ${one.n}`);
  for (const one of await sql`
      select 'album' as what, a.id, a.count, (select count(*)::int from album_media c where c.album_id = a.id and c.live) as n
      from albums a
      union all
      select 'tag', t.id, t.count, (select count(*)::int from media_tags c where c.tag_id = t.id and c.live) from tags t`)
    if (one.count !== one.n)
      wrong.push(`R-4: ${one.what} ${one.id} says ${one.count}, there are ${one.n} in it`);
  for (const one of await sql`
      select media_id from (select media_id, live from album_media union all select media_id, live from media_tags) c
      join media m on m.id = c.media_id where c.live <> (m.deleted_at is null)`)
    wrong.push(`R-4: an album or a tag has other news of medium ${one.media_id} than it has itself`);
  for (const one of await sql`select m.id, s.media_id is null as missing from media m
      full join media_search s on s.media_id = m.id
      where (m.deleted_at is null and s.media_id is null) or (s.media_id is not null and (m.id is null or m.deleted_at is not null))`)
    wrong.push(`R-4: a search ${one.missing ? "does not find" : "still finds"} medium ${one.id}`);
  for (const one of await sql`select key, reason, last_error from purges where done_at is null`)
    wrong.push(`I-5: the removal of ${one.key} (${one.reason}) is not done: ${one.last_error}`);
  for (const one of await sql`select id, state from uploads where state in ('issued', 'verifying')`)
    wrong.push(`R-30: upload ${one.id} is still ${one.state}`);
  for (const one of await sql`select u.id from uploads u left join media m on m.id = u.media_id
      where u.state = 'ready' and m.id is null`)
    wrong.push(`I-1: upload ${one.id} is ready and has no medium`);
  for (const one of await sql`
      select u.email, q.used_bytes, q.reserved_bytes,
        coalesce((select sum(m.bytes + coalesce(h.clip_bytes, 0)) from media m left join halves h on h.media_id = m.id
          where m.owner_id = q.owner_id and m.purged_at is null), 0) as used,
        coalesce((select sum(bytes) from uploads o where o.owner_id = q.owner_id
          and o.state in ('issued', 'verifying')), 0) as reserved
      from quotas q join users u on u.id = q.owner_id`)
    if (one.used_bytes !== one.used || one.reserved_bytes !== one.reserved)
      wrong.push(
        `I-6: the quota of ${one.email} says ${one.used_bytes} and ${one.reserved_bytes}, it is ${one.used} and ${one.reserved}`,
      );
  return wrong;
}

const told = (story: Story): string =>
  `${story.filename} of ${story.owner}\n      ${story.log.join("\n      ")}`;

/** What people were told, held against what there is. */
function promises(
  people: Person[],
  rows: MediaRow[],
  isGivenUp: (owner: string, sha256: string, now: boolean) => boolean,
): string[] {
  const wrong: string[] = [];
  const byId = new Map(rows.map((row) => [row.id, row]));
  const sent = new Set(
    people.flatMap(({ stories }) =>
      stories.filter(({ flaw }) => flaw === "none").map(({ owner, sha256 }) => `${owner} ${sha256}`),
    ),
  );
  for (const row of rows)
    for (const sha256 of row.clip_sha256 === null ? [row.sha256] : [row.sha256, row.clip_sha256])
      if (!sent.has(`${row.owner} ${sha256}`))
        wrong.push(`I-4: medium ${row.id} has bytes that ${row.owner} never sent whole: ${sha256}`);
  const refused = new Set(people.flatMap((one) => [...one.refused]));
  const taken = new Set(people.flatMap((one) => [...one.taken]));
  const ofGuests = new Set(
    people.flatMap(({ stories }) => stories.filter(({ guest }) => guest).map(({ sha256 }) => sha256)),
  );
  for (const row of rows)
    if (!row.deleted && ofGuests.has(row.sha256) && !taken.has(row.id))
      wrong.push(`R-4: medium ${row.id} came from a guest, and is in the gallery though nobody took it`);
  for (const person of people) {
    const gone = new Set(
      [...person.wishes.values()].filter((wish) => wish.mayBeGone).flatMap((wish) => [...wish.sha256]),
    );
    const isGone = (row: MediaRow): boolean =>
      refused.has(row.id) || person.wishes.get(row.id)?.mayBeGone === true;
    wrong.push(...person.wrong);
    for (const { ids, shown, away, said } of person.tallies) {
      const there = ids.flatMap((id) => byId.get(id) ?? []);
      const live = there.filter(({ deleted }) => !deleted).length;
      const waiting = there.filter((row) => row.waiting).length;
      if (live < shown)
        wrong.push(`F-20: of ${ids} (${said}), ${shown} were told to be in the gallery, and ${live} are`);
      if (there.length - live - waiting < away)
        wrong.push(`F-18: of ${ids} (${said}), ${away} were told to be in the trash, and ${live} are shown`);
    }
    for (const story of person.stories) {
      const mine = rows.filter((row) => row.owner === story.owner && holds(row, story.sha256));
      if (story.flaw !== "none") {
        // The same bytes may have come honestly; only these have this name.
        if (story.mediaId !== undefined || mine.length > 0)
          wrong.push(`R-22: a picture that is ${story.flaw} was let in: ${told(story)}`);
        continue;
      }
      const isGiven = story.rejected === "internal" && isGivenUp(story.owner, story.sha256, false);
      if (story.rejected !== undefined && story.rejected !== "duplicate" && !isGiven)
        wrong.push(`Lost: a good picture was refused as ${story.rejected}: ${told(story)}`);
      const promised =
        story.mediaId !== undefined || ((story.stored || story.accepted) && !story.cancelAsked);
      if (!promised || (mine.length === 0 && isGivenUp(story.owner, story.sha256, true))) continue;
      if (mine.length === 0) wrong.push(`Lost: acknowledged and not there: ${told(story)}`);
      else if (
        !gone.has(story.sha256) &&
        // What came when its link had gone is in the trash.
        (person.removable === undefined || person.removable.isThere === true) &&
        !mine.some((row) => !row.deleted || isGone(row) || (story.guest && row.waiting))
      )
        wrong.push(`Lost: acknowledged, never thrown away, and not in the gallery: ${told(story)}`);
    }
    for (const wish of person.wishes.values()) {
      const row = byId.get(wish.mediaId);
      if (row === undefined) wrong.push(`Lost: medium ${wish.mediaId} was told of and is not there`);
      else if (![...wish.sha256].some((one) => holds(row, one)))
        wrong.push(`I-4: medium ${wish.mediaId} has other bytes than were sent`);
      else if (wish.placeTold && wish.place === "gallery" && row.deleted)
        wrong.push(`F-20: medium ${wish.mediaId} was told to be back in the gallery, and is in the trash`);
      else if (wish.placeTold && wish.place === "trash" && !row.deleted)
        wrong.push(`F-18: medium ${wish.mediaId} was told to be in the trash, and is shown`);
      else if (wish.titleTold && wish.title !== undefined && !row.deleted && row.title !== wish.title)
        wrong.push(`R-4: medium ${wish.mediaId} is called ${row.title}, and was told to be ${wish.title}`);
      else if (wish.visibilityTold && !row.deleted && row.visibility !== (wish.visibility ?? "private"))
        wrong.push(`R-4: medium ${wish.mediaId} is ${row.visibility}, and was told to be ${wish.visibility}`);
    }
  }
  return wrong;
}

/** An upload that was told to be cancelled never becomes anything. */
async function cancelled(sql: postgres.ISql, people: Person[]): Promise<string[]> {
  const ids = people.flatMap(({ stories }) => stories.flatMap((story) => story.cancelled ?? []));
  const rows = await sql`
    select id, state, media_id from uploads where id = any(${ids}) and (state <> 'cancelled' or media_id is not null)`;
  return rows.map(({ id, state }) => `R-23: upload ${id} was told to be cancelled, and is ${state}`);
}

/** Of hundreds of people, as many ask for what is not theirs. */
const askersMax = 4;

/** No private address is served to anybody else, and what is the asker's own is there. */
async function addresses(
  place: Place,
  people: Person[],
  stranger: Client,
  rows: MediaRow[],
  sample: number,
): Promise<string[]> {
  const wrong: string[] = [];
  const front = String((await stranger.getPatiently("/")).body);
  for (const row of rows)
    if (row.visibility !== "public" && (front.includes(row.id) || front.includes(row.rendition_folder)))
      wrong.push(`Leak: the front page tells a stranger of ${row.visibility} medium ${row.id}`);
  const look = async (row: MediaRow): Promise<void> => {
    const others = [
      stranger,
      ...people
        .filter((one) => one.account.email !== row.owner)
        .slice(0, askersMax)
        .map((one) => one.client),
    ];
    for (const other of others) {
      const { status, body } = await other.getPatiently(`/m/${row.id}`);
      const hidden = row.deleted || row.visibility === "private";
      if (hidden && (status === 200 || String(body).includes(row.rendition_folder)))
        wrong.push(
          `Leak: ${row.deleted ? "deleted" : row.visibility} medium ${row.id} is served to others (${status})`,
        );
      if (!hidden && status !== 200)
        wrong.push(`Medium ${row.id} is ${row.visibility} and not served: ${status}`);
    }
    const own = people.find((one) => one.account.email === row.owner);
    const { status } = (await own?.client.getPatiently(`/m/${row.id}`)) ?? { status: 0 };
    if (!row.deleted && status !== 200) wrong.push(`Medium ${row.id} is not served to its owner: ${status}`);
    const raw = await fetch(`${place.direct.endpoint}/${place.direct.bucket}/${row.key}`);
    await raw.arrayBuffer();
    if (raw.status !== 403)
      wrong.push(`A-48: the bucket answers ${raw.status} to a stranger who asks for ${row.key}`);
  };
  const inTurn = pLimit(pagesAtOnce);
  await Promise.all(rows.slice(-sample).map((row) => inTurn(() => look(row))));
  return wrong;
}

/** What database and bucket say by themselves and of each other, and what people were told. */
export async function judgeBooks(
  sql: postgres.ISql,
  s3: S3Client,
  bucket: string,
  people: Person[],
  known: GivenUp = { ids: new Set(), again: [] },
): Promise<{ wrong: string[]; rows: MediaRow[] }> {
  const rows = await mediaRows(sql);
  const objects = await wholeBucket(s3, bucket);
  const parts = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  const given = await standing(sql, known);
  const wrong = [
    ...given.wrong,
    ...(await invariants(sql, rows, objects)),
    ...(parts.Uploads ?? []).map(({ Key }) => `F-32: parts of ${Key} are left over`),
    ...promises(people, rows, given.isGivenUp),
    ...(await judgeMade(sql, people)),
    ...(await cancelled(sql, people)),
  ];
  return { wrong, rows };
}

/** Sentences of everything that is not as it has to be; none when all is well. */
export async function judge(
  place: Place,
  people: Person[],
  stranger: Client,
  known?: GivenUp,
): Promise<string[]> {
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  const s3 = s3Of(place);
  try {
    const { wrong, rows } = await judgeBooks(sql, s3, place.direct.bucket, people, known);
    return [...wrong, ...(await addresses(place, people, stranger, rows, 12))];
  } finally {
    await sql.end();
    s3.destroy();
  }
}
