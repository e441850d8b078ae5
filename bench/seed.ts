/** Fills a database with rows of pictures for what is measured in it; no picture exists. */
import type postgres from "postgres";

/** Whose most pictures are. */
export const owner = "00000000-0000-4000-8000-000000000000";
const sorts = ["newest", "oldest", "added", "title", "manual"] as const;

/** Like a library that grew for sixteen years: most belongs to one person, seven of ten pictures are public. */
export async function seed(pg: postgres.Sql, rows: number): Promise<void> {
  await pg`insert into users (id, name, email)
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Bench ' || n, n || '@example.com' from generate_series(0, 20) n`;
  // Written and sorted in at once, as an import of this size would not be: that is not what is measured.
  await pg`alter table media disable trigger user`;
  const indexes = await pg<{ name: string; made: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index
    where indrelid in ('media'::regclass, 'media_search'::regclass)
      and not exists (select 1 from pg_constraint where conindid = indexrelid)`;
  for (const { name } of indexes) await pg.unsafe(`drop index ${name}`);
  const step = 250_000;
  for (let from = 1; from <= rows; from += step)
    await pg`
      insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width,
        height, thumbhash, color, filename, title, taken_at, taken_source, camera, lens, rating)
      select ('00000000-0000-4000-8000-' || lpad((case when n % 5 < 4 then 0 else 1 + n / 5 % 20 end)::text, 12, '0'))::uuid,
        (case when n % 10 < 7 then 'public' when n % 10 < 9 then 'private' else 'unlisted' end)::visibility,
        'media/b' || n, 'derived/b' || n, '{320,640}', '{640}', sha256(n::text::bytea), 3000000,
        (case when n % 5000 = 0 then 'image/gif' when n % 50 = 0 then 'image/png' else 'image/jpeg' end)::media_type,
        case when n % 3 = 0 then 3000 else 4000 end, case when n % 3 = 0 then 4000 else 3000 end, '\\x00',
        (hashint4(n * 11) & 16777215), (array['IMG_', 'DSC0', 'PXL_2019'])[1 + n % 3] || n || '.jpg',
        concat_ws(' ', case when n % 4 > 0 then
            (array['Sunset','Harbour','Mountain','Street','Garden','Portrait','Winter','Market','River','Night'])
              [1 + (hashint4(n) & 2147483647) % 10] || ' ' ||
            (array['Busan','Seoul','Berlin','Lisbon','바다','해변 산책','東京','Oslo','Kyoto 京都','Prague'])
              [1 + (hashint4(n * 7) & 2147483647) % 10] end,
          case when n = ${Math.floor(rows / 3)} then 'Kone' end,
          case when n % ${Math.max(1, Math.floor(rows / 100))}::int = 13 then 'Khundred' end,
          case when n % ${Math.max(1, Math.floor(rows / 100_000))}::int = 0 then 'Kmany' end,
          case when n between ${Math.floor(rows * 0.4)}::int and ${Math.floor(rows * 0.4 + Math.min(100_000, rows / 200))}::int then 'Kburst' end),
        timestamptz '2010-01-01' + n::float8 / ${rows}::float8 * interval '5840 days', 'camera',
        (array['Fujifilm X-T4','Canon EOS R5','Pixel 6','iPhone 12','Nikon Z6'])[1 + (hashint4(n * 3) & 2147483647) % 5],
        (array['XF23mm F1.4 R','RF 50mm','Wide'])[1 + n % 3], case when n % 997 = 0 then 1 + n % 5 else 0 end
      from generate_series(${from}::int, ${Math.min(rows, from + step - 1)}::int) n`;
  await pg`insert into media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts, keyed)
    select id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
      search_own_text(filename, place, place_also),
      search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at, taken_offset),
      search_own_facts(visibility::text, latitude, longitude, place, place_also), true from media order by id`;
  await pg`insert into media_gear (owner_id, open, kind, name, count)
    select owner_id, visibility = 'public', 'camera', camera, count(*) from media group by 1, 2, 3, 4`;
  await pg`set maintenance_work_mem = '1GB'`;
  for (const { made } of indexes) await pg.unsafe(made);
  await pg`alter table media enable trigger user`;
  await pg`with t as (insert into tags (owner_id, name, folded) values (${owner}, 'Rare', 'rare') returning id)
    insert into media_tags (tag_id, media_id, taken_at, live)
    select t.id, m.id, m.taken_at, true from t, (select id, taken_at from media where owner_id = ${owner} order by id limit 1000) m`;
  await pg`vacuum analyze`;
}

/** An album of 100,000 for each order, a tag of 100,000 and one of a thousand, 20,000 favourites. */
export async function organise(pg: postgres.Sql): Promise<void> {
  for (const [n, sort] of sorts.entries())
    await pg`
      with a as (insert into albums (owner_id, title, visibility, sort) values (${owner}, ${`Album ${sort}`}, 'public', ${sort}) returning id)
      insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select a.id, m.id, m.n, m.n, m.taken_at, media_sort_title(m.title, m.filename), m.visibility, true
      from a, (select *, row_number() over () as n from media where owner_id = ${owner} and right(key, 1) = ${"01235"[n] ?? ""} limit 100000) m`;
  await pg`
    with t as (insert into tags (owner_id, name, folded) values (${owner}, 'Common', 'common') returning id)
    insert into media_tags (tag_id, media_id, taken_at, live)
    select t.id, m.id, m.taken_at, true from t, (select * from media where owner_id = ${owner} limit 100000) m`;
  await pg`
    insert into favourites (user_id, media_id, created_at, taken_at)
    select ${owner}, m.id, now() - row_number() over () * interval '1 second', m.taken_at from (select * from media where owner_id = ${owner} limit 20000) m`;
  // Seeding leaves the triggers out, and with them the totals that a change of months is counted by.
  await pg`
    insert into media_months (owner_id, visibility, month, count, ratio_sum)
    select owner_id, visibility, to_char(taken_at at time zone 'UTC', 'YYYY-MM-01'), count(*), sum(media_shown_ratio(width, height))
    from media group by 1, 2, 3`;
  await pg`
    insert into media_days (owner_id, visibility, day, count)
    select owner_id, visibility, (taken_at at time zone 'UTC')::date, count(*) from media group by 1, 2, 3`;
  await pg`vacuum analyze`;
}
