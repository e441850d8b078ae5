-- Two thirds of what a new medium cost were its keys, some seventy of them, each sorted into the index by itself while
-- whoever sent the picture waited. The row is written at once, so that a search is right from then on, and the worker puts
-- the keys in afterwards; until then a search reads the few rows that have none.
--
-- The rows of before are written anew by the worker: an index of this kind over ten million of them takes a quarter of an
-- hour, in which nothing could be uploaded.
TRUNCATE media_search;
--> statement-breakpoint
DROP INDEX "media_search_keys";
--> statement-breakpoint
ALTER TABLE "media_search" ADD COLUMN "keyed" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
CREATE INDEX "media_search_due" ON "media_search" USING btree ("taken_at","media_id") WHERE not keyed;
--> statement-breakpoint
CREATE INDEX "media_search_keys" ON "media_search" USING gin (search_keys("owner_id", "open", "taken_at", "words", "own_words", "facts", "own_facts")) WITH (fastupdate=false) WHERE keyed;
--> statement-breakpoint
DELETE FROM search_backfill;
--> statement-breakpoint
INSERT INTO search_backfill (after)
SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT 1 FROM media);
--> statement-breakpoint
-- As before, but without a search path of its own: that was set and put back for every medium, and no index calls this.
CREATE OR REPLACE FUNCTION search_facts(mime text, kind text, motion text, width int, height int, color int, title text, description text, alt text,
  camera text, lens text, taken timestamptz, taken_offset int)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  lab float8[] := color_lab(color);
  facts text[] := ARRAY[
    'y:' || split_part(mime, '/', 2),
    'k:' || kind,
    'o:' || CASE WHEN width > height THEN 'l' WHEN width < height THEN 'p' ELSE 's' END,
    'm:' || greatest(0, floor(ln(width::float8 * height / 250000) / ln(2::float8)))::int,
    'w:' || greatest(0, floor(2 * ln(width / 100::float8) / ln(2::float8)))::int,
    'h:' || greatest(0, floor(2 * ln(height / 100::float8) / ln(2::float8)))::int,
    'd:' || to_char(taken AT TIME ZONE 'UTC' + coalesce(taken_offset, 0) * interval '1 minute', 'MMDD'),
    CASE WHEN alt = '' THEN 'no:alt' ELSE 'has:alt' END,
    CASE WHEN title = '' THEN 'no:title' ELSE 'has:title' END,
    CASE WHEN description = '' THEN 'no:description' ELSE 'has:description' END,
    search_color_fact(lab[1], lab[2], lab[3])];
BEGIN
  IF motion IS NOT NULL THEN facts := facts || 'animated'::text; END IF;
  IF camera IS NOT NULL THEN facts := facts || ('c:' || left(search_fold(camera), 200)); END IF;
  IF lens IS NOT NULL THEN facts := facts || ('l:' || left(search_fold(lens), 200)); END IF;
  RETURN facts;
END $$;
--> statement-breakpoint
-- What the worker writes for media that are older than the search has its keys at once: nobody waits for it.
CREATE OR REPLACE FUNCTION media_search_write(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts, keyed)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_words(filename),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude), true
  FROM media WHERE id = ANY(ids) AND deleted_at IS NULL
  -- In one order for every writer: two selections that share media cannot deadlock.
  ORDER BY id
  ON CONFLICT (media_id) DO UPDATE SET owner_id = excluded.owner_id, open = excluded.open, taken_at = excluded.taken_at,
    words = excluded.words, own_words = excluded.own_words, facts = excluded.facts, own_facts = excluded.own_facts,
    keyed = true;
$$;
--> statement-breakpoint
-- Most updates of a medium change nothing that a search reads, and then nothing is written.
CREATE OR REPLACE FUNCTION media_search_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO media_search AS s (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_words(filename),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude)
  FROM (
    SELECT id, deleted_at, owner_id, visibility, taken_at, taken_offset, title, description, alt, camera, lens, filename,
      mime, kind, motion, width, height, color, latitude, longitude FROM new_rows
    EXCEPT
    SELECT id, deleted_at, owner_id, visibility, taken_at, taken_offset, title, description, alt, camera, lens, filename,
      mime, kind, motion, width, height, color, latitude, longitude FROM old_rows) changed
  WHERE deleted_at IS NULL
  -- In one order for every writer: two selections that share media cannot deadlock.
  ORDER BY id
  ON CONFLICT (media_id) DO UPDATE SET owner_id = excluded.owner_id, open = excluded.open, taken_at = excluded.taken_at,
    words = excluded.words, own_words = excluded.own_words, facts = excluded.facts, own_facts = excluded.own_facts,
    keyed = false;
  IF EXISTS (SELECT 1 FROM new_rows WHERE deleted_at IS NOT NULL) THEN
    DELETE FROM media_search s WHERE s.media_id = ANY(ARRAY(SELECT id FROM new_rows WHERE deleted_at IS NOT NULL));
  END IF;
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, open, gear.kind, gear.name, sum(sign)
  FROM (
    SELECT owner_id, visibility = 'public' AS open, camera, lens, -1 AS sign FROM old_rows WHERE deleted_at IS NULL
    UNION ALL
    SELECT owner_id, visibility = 'public', camera, lens, 1 FROM new_rows WHERE deleted_at IS NULL) both_rows,
    LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
  WHERE gear.name IS NOT NULL
  GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
