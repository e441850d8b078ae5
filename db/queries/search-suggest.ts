/** Names that a search can use: tags, albums, cameras, lenses and people the viewer may know of, the most used first. */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import type { Asker } from "./search-names.ts";

export type NamedCount = { name: string; count: number };

const like = (text: string): SQL =>
  sql`('%' || regexp_replace(search_fold(${text}::text), '([\\\\%_])', '\\\\\\1', 'g') || '%')`;
const me = (asker: Asker): SQL => sql`${asker.viewerId ?? null}::uuid`;

async function list(db: Db, statement: SQL): Promise<NamedCount[]> {
  const rows = await db.execute<{ name: string; count: string | number }>(statement);
  return rows.map(({ name, count }) => ({ name, count: Number(count) }));
}

/** One's own tags that have the text in their name. */
export const tagNames = (db: Db, asker: Asker, text: string, limit: number): Promise<NamedCount[]> =>
  list(
    db,
    sql`select t.name, t.count from tags t
      where t.owner_id = ${me(asker)} and t.count > 0 and t.folded like ${like(text)}
      order by t.count desc, t.folded limit ${limit}`,
  );

/** One's own albums, and those whose pages everybody may open, with as many pictures as the viewer would find. */
export const albumNames = (db: Db, asker: Asker, text: string, limit: number): Promise<NamedCount[]> =>
  list(
    db,
    sql`select title as name, max(n) as count from (
        (select a.title, a.count as n from albums a
          where a.owner_id = ${me(asker)} and search_fold(a.title) like ${like(text)} limit ${limit * 10})
        union all
        (select a.title, a.public_count from albums a
          where a.visibility = 'public' and search_fold(a.title) like ${like(text)} limit ${limit * 10})) found
      where n > 0 group by title order by count desc, title limit ${limit}`,
  );

/** So many names of cameras are looked through, and so many owners of each are added up. */
const namesMost = 1_000;
const ownersMost = 50;

/** Names of cameras or lenses of public pictures, each found by one step along the index: `name`. */
export const openGear = (kind: "camera" | "lens"): SQL => sql`
  (with recursive names (name, n) as (
    (select g.name, 1 from media_gear g where g.open and g.count > 0 and g.kind = ${kind} order by g.name limit 1)
    union all
    select (select g.name from media_gear g
      where g.open and g.count > 0 and g.kind = ${kind} and g.name > names.name order by g.name limit 1), n + 1
    from names where names.name is not null and n < ${namesMost}::int)
  select name from names where name is not null)`;

/** Cameras or lenses of pictures that the viewer may see. */
export const gearNames = (
  db: Db,
  asker: Asker,
  kind: "camera" | "lens",
  text: string,
  limit: number,
): Promise<NamedCount[]> =>
  list(
    db,
    sql`select name, sum(count) as count from (
        select o.name, g.count from ${openGear(kind)} o cross join lateral (
          select g.count from media_gear g
          where g.open and g.count > 0 and g.kind = ${kind} and g.name = o.name
            and g.owner_id is distinct from ${me(asker)}
          order by g.count desc limit ${ownersMost}::int) g
        where search_fold(o.name) like ${like(text)}
        union all
        select g.name, g.count from media_gear g
        where g.owner_id = ${me(asker)} and g.kind = ${kind} and g.count > 0 and search_fold(g.name) like ${like(text)}) found
      group by name order by count desc, name limit ${limit}`,
  );

/** Places of one's own pictures. */
export const placeNames = (db: Db, asker: Asker, text: string, limit: number): Promise<NamedCount[]> =>
  list(
    db,
    sql`select g.name, g.count from media_gear g
      where not g.open and g.owner_id = ${me(asker)} and g.kind = 'place' and g.count > 0
        and search_fold(g.name) like ${like(text)}
      order by g.count desc, g.name limit ${limit}`,
  );

/**
 * People whose pictures the viewer may find: for who is signed in, themselves and whoever has made some public; for
 * administrators everybody. `u` is the row of users.
 */
export const isKnown = (asker: Asker): SQL =>
  asker.administers
    ? sql`true`
    : sql`${me(asker)} is not null and (u.id = ${me(asker)} or exists (select from media_months months
        where months.owner_id = u.id and months.visibility = 'public' and months.count > 0))`;

/** People whose pictures the viewer may find. */
export const ownerNames = (db: Db, asker: Asker, text: string, limit: number): Promise<NamedCount[]> =>
  list(
    db,
    sql`select u.name, 0 as count from users u where search_fold(u.name) like ${like(text)} and ${isKnown(asker)}
      order by u.name limit ${limit}`,
  );
