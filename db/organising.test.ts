import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
  const { sql } = database;
  await sql`insert into users (id, name, email) values (${owner}, 'Ann', 'ann@example.org')`;
  await sql`
    insert into media (id, owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
      width, height, thumbhash, color, filename, taken_at, taken_source)
    select (${prefix} || lpad(n::text, 12, '0'))::uuid, ${owner}, 'private', 'media/' || n, 'derived/' || n,
      '{320}', '{640}', sha256(n::text::bytea), 1000, 'image/jpeg', 640, 480, '\\x00', 0, 'IMG_' || n || '.JPG',
      timestamptz '2020-01-01' + n * interval '1 day', 'camera'
    from generate_series(1, 40) n`;
});
after(() => database.close());

const owner = "00000000-0000-4000-8000-000000000001";
const prefix = "00000000-0000-4000-8000-";
const pick = <T>(all: readonly T[]): T => {
  const one = all[Math.floor(Math.random() * all.length)];
  assert.ok(one !== undefined);
  return one;
};
const some = (): string[] =>
  Array.from(
    { length: Math.ceil(Math.random() * 8) },
    () =>
      `${prefix}${Math.ceil(Math.random() * 40)
        .toString()
        .padStart(12, "0")}`,
  );

/** What the triggers keep, beside what a look at the media themselves says. */
async function compare(): Promise<void> {
  const { sql } = database;
  const albums = await sql`
    select a.id, a.count, a.unlisted_count, a.public_count, a.cover_id is not null as cover,
      count(m.id)::int as count2, (count(*) filter (where m.visibility = 'unlisted'))::int as unlisted2,
      (count(*) filter (where m.visibility = 'public'))::int as public2, (a.cover_id is null or exists (
        select from album_media c where c.album_id = a.id and c.media_id = a.cover_id)) as cover_in
    from albums a left join album_media am on am.album_id = a.id
      left join media m on m.id = am.media_id and m.deleted_at is null
    group by a.id`;
  for (const row of albums)
    assert.deepEqual(
      [row.count, row.unlisted_count, row.public_count, row.cover_in],
      [row.count2, row.unlisted2, row.public2, true],
    );
  const tags = await sql`
    select t.count, count(m.id)::int as really from tags t left join media_tags mt on mt.tag_id = t.id
      left join media m on m.id = mt.media_id and m.deleted_at is null group by t.id`;
  for (const row of tags) assert.equal(row.count, row.really);
  const [stale] = await sql`
    select (select count(*) from album_media a join media m on m.id = a.media_id
        where (a.taken_at, a.title, a.visibility, a.live) is distinct from
          (m.taken_at, media_sort_title(m.title, m.filename), m.visibility, m.deleted_at is null))::int as albums,
      (select count(*) from media_tags t join media m on m.id = t.media_id
        where (t.taken_at, t.live) is distinct from (m.taken_at, m.deleted_at is null))::int as tags,
      (select count(*) from favourites f join media m on m.id = f.media_id where f.taken_at <> m.taken_at)::int as favourites,
      (select count(*) from media m where purged_at is not null and (
        exists (select from album_media where media_id = m.id) or exists (select from media_tags where media_id = m.id)
        or exists (select from favourites where media_id = m.id)))::int as purged`;
  assert.deepEqual({ ...stale }, { albums: 0, tags: 0, favourites: 0, purged: 0 });
}

it("totals, copies and covers stay exact under any mix of adding, leaving, changing, trash and purge", async () => {
  const { sql } = database;
  const albums = await sql<{ id: string }[]>`
    insert into albums (owner_id, title) values (${owner}, 'a'), (${owner}, 'b'), (${owner}, 'c') returning id`;
  const tags = await sql<{ id: string }[]>`
    insert into tags (owner_id, name, folded) values (${owner}, 'x', 'x'), (${owner}, 'y', 'y') returning id`;
  const steps: ((ids: string[]) => Promise<unknown>)[] = [
    (ids) => sql`
      insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${pick(albums).id}, id, 1, 1, taken_at, media_sort_title(title, filename), visibility, deleted_at is null
      from media where id = any(${ids}::uuid[]) and purged_at is null on conflict do nothing`,
    (ids) =>
      sql`delete from album_media where album_id = ${pick(albums).id} and media_id = any(${ids}::uuid[])`,
    (ids) => sql`
      insert into media_tags (tag_id, media_id, taken_at, live)
      select ${pick(tags).id}, id, taken_at, deleted_at is null
      from media where id = any(${ids}::uuid[]) and purged_at is null on conflict do nothing`,
    (ids) => sql`delete from media_tags where tag_id = ${pick(tags).id} and media_id = any(${ids}::uuid[])`,
    (ids) => sql`
      insert into favourites (user_id, media_id, taken_at) select ${owner}, id, taken_at from media
      where id = any(${ids}::uuid[]) and purged_at is null on conflict do nothing`,
    (ids) => sql`
      update media set visibility = ${pick(["private", "unlisted", "public"])}, title = ${pick(["", "é", "z"])},
        taken_at = taken_at + interval '1 hour' where id = any(${ids}::uuid[])`,
    (ids) => sql`update media set deleted_at = now() where id = any(${ids}::uuid[]) and deleted_at is null`,
    (ids) => sql`update media set deleted_at = null where id = any(${ids}::uuid[]) and purged_at is null`,
    (ids) => sql`update media set purged_at = now() where id = ${ids[0] ?? ""} and deleted_at is not null`,
    (ids) => sql`
      update albums set cover_id = (select media_id from album_media where album_id = albums.id
        and media_id = any(${ids}::uuid[]) limit 1)`,
  ];
  for (let n = 0; n < 300; n++) {
    await pick(steps)(some());
    if (n % 10 === 9) await compare();
  }
  await sql`delete from albums where id = ${albums[0]?.id ?? ""}`;
  await compare();
});

it("a rating is between 0 and 5", async () => {
  for (const rating of [-1, 6])
    await assert.rejects(database.sql`update media set rating = ${rating}`, /media_rating/);
});
