/** Tags themselves. Media get and lose them by queries/changes.ts. */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";

export type TagRow = { id: string; name: string; folded: string; count: number };
const columns = sql.raw("t.id, t.name, t.folded, t.count");
const byName = sql.raw('t.folded collate "C"');

/** Whose tags; `undefined` means anyone's: for administrators. */
const of = (ownerId: string | undefined): SQL =>
  ownerId === undefined ? sql`true` : sql`t.owner_id = ${ownerId}::uuid`;

/** One person's tags that something has, by name. */
export async function listTags(
  db: Db,
  { ownerId, from, limit }: { ownerId: string; from: string | undefined; limit: number },
): Promise<TagRow[]> {
  return db.execute<TagRow>(sql`
    select ${columns} from tags t
    where ${of(ownerId)} and t.count > 0 ${from === undefined ? sql`` : sql`and ${byName} > ${from}`}
    order by ${byName} limit ${limit}`);
}

/** Those whose name has these letters, the most used first. */
export async function findTags(
  db: Db,
  { ownerId, text, limit }: { ownerId: string; text: string; limit: number },
): Promise<TagRow[]> {
  return db.execute<TagRow>(sql`
    select ${columns} from tags t
    where ${of(ownerId)} and t.count > 0
      and t.folded like '%' || regexp_replace(search_fold(${text}::text), '([\\\\%_])', '\\\\\\1', 'g') || '%'
    order by t.count desc, ${byName} limit ${limit}`);
}

/** With an owner, only those that this person gave. */
export async function tagsOf(
  db: Db,
  { mediaId, ownerId }: { mediaId: string; ownerId: string | undefined },
): Promise<TagRow[]> {
  return db.execute<TagRow>(sql`
    select ${columns} from media_tags mt join tags t on t.id = mt.tag_id
    where mt.media_id = ${mediaId}::uuid and ${of(ownerId)} order by ${byName}`);
}

/** Locks a tag of this person until the transaction ends. */
export async function lockTag(
  db: Db,
  id: string,
  ownerId: string | undefined,
): Promise<(TagRow & { ownerId: string }) | undefined> {
  const [row] = await db.execute<TagRow & { ownerId: string }>(sql`
    select ${columns}, t.owner_id as "ownerId" from tags t where t.id = ${id}::uuid and ${of(ownerId)} for update`);
  return row;
}

/** The tag of the same person that a name stands for, other than this one. */
export async function findNamesake(
  db: Db,
  id: string,
  ownerId: string,
  name: string,
): Promise<string | undefined> {
  const [row] = await db.execute<{ id: string }>(sql`
    select id from tags t where ${of(ownerId)} and t.folded collate "C" = search_fold(${name}) and t.id <> ${id}::uuid
    for update`);
  return row?.id;
}

export async function renameTag(db: Db, id: string, name: string): Promise<void> {
  await db.execute(sql`update tags set name = ${name}, folded = search_fold(${name}) where id = ${id}::uuid`);
}

/** Gives everything that has one tag the other, and removes the one. */
export async function mergeTags(db: Db, from: string, into: string): Promise<void> {
  await db.execute(sql`
    insert into media_tags (tag_id, media_id, added_at, taken_at, live)
    select ${into}::uuid, media_id, added_at, taken_at, live from media_tags where tag_id = ${from}::uuid
    on conflict do nothing`);
  await db.execute(sql`delete from tags where id = ${from}::uuid`);
}

export async function removeTag(db: Db, id: string): Promise<void> {
  await db.execute(sql`delete from tags where id = ${id}::uuid`);
}
