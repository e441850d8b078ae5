CREATE TYPE "public"."place_source" AS ENUM('file', 'map', 'person');--> statement-breakpoint
CREATE TABLE "place_backfill" (
	"after" uuid PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "place" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "place_also" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "place_source" "place_source";
--> statement-breakpoint
-- The parts of a place, each once: "Haeundae, Busan, South Korea" and the same in another language.
CREATE FUNCTION place_parts(place text, also text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT left(btrim(part), 200) FROM unnest(string_to_array(place || ',' || also, ',')) part WHERE btrim(part) <> ''
$$;
--> statement-breakpoint
-- Everything of a medium that is counted by its name.
CREATE FUNCTION media_names(camera text, lens text, place text, also text) RETURNS TABLE (kind text, name text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 'camera', camera WHERE camera IS NOT NULL
  UNION ALL SELECT 'lens', lens WHERE lens IS NOT NULL
  UNION ALL SELECT 'place', part FROM place_parts(place, also) part WHERE place <> ''
$$;
--> statement-breakpoint
CREATE FUNCTION search_own_text(filename text, place text, also text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_words(filename || ' / ' || place || ' / ' || also);
--> statement-breakpoint
-- The names of the place, and where nobody named it, that there are coordinates.
CREATE FUNCTION search_own_facts(visibility text, latitude float8, longitude float8, place text, also text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN latitude IS NULL OR longitude IS NULL
    THEN ARRAY['v:' || visibility, CASE WHEN place = '' THEN 'no:place' ELSE 'has:place' END]
    ELSE ARRAY['v:' || visibility, 'has:place'] || search_place_facts(latitude, longitude, 0, 0) END
  || CASE WHEN place = '' THEN '{}'::text[]
    ELSE ARRAY(SELECT DISTINCT 'p:' || search_fold(part) FROM place_parts(place, also) part) END;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_search_write(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts, keyed)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_own_text(filename, place, place_also),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude, place, place_also), true
  FROM media WHERE id = ANY(ids) AND deleted_at IS NULL
  -- In one order for every writer: two selections that share media cannot deadlock.
  ORDER BY id
  ON CONFLICT (media_id) DO UPDATE SET owner_id = excluded.owner_id, open = excluded.open, taken_at = excluded.taken_at,
    words = excluded.words, own_words = excluded.own_words, facts = excluded.facts, own_facts = excluded.own_facts,
    keyed = true;
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_search_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_own_text(filename, place, place_also),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude, place, place_also)
  FROM new_rows WHERE deleted_at IS NULL;
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, visibility = 'public' AND gear.kind <> 'place', gear.kind, gear.name, count(*)
  FROM new_rows, LATERAL media_names(camera, lens, place, place_also) AS gear(kind, name)
  WHERE deleted_at IS NULL
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_search_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO media_search AS s (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_own_text(filename, place, place_also),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude, place, place_also)
  FROM (
    SELECT id, deleted_at, owner_id, visibility, taken_at, taken_offset, title, description, alt, camera, lens, filename,
      mime, kind, motion, width, height, color, latitude, longitude, place, place_also FROM new_rows
    EXCEPT
    SELECT id, deleted_at, owner_id, visibility, taken_at, taken_offset, title, description, alt, camera, lens, filename,
      mime, kind, motion, width, height, color, latitude, longitude, place, place_also FROM old_rows) changed
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
  SELECT owner_id, open AND gear.kind <> 'place', gear.kind, gear.name, sum(sign)
  FROM (
    SELECT owner_id, visibility = 'public' AS open, camera, lens, place, place_also, -1 AS sign FROM old_rows
    WHERE deleted_at IS NULL
    UNION ALL
    SELECT owner_id, visibility = 'public', camera, lens, place, place_also, 1 FROM new_rows
    WHERE deleted_at IS NULL) both_rows,
    LATERAL media_names(camera, lens, place, place_also) AS gear(kind, name)
  GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_search_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM media_search s WHERE s.media_id = ANY(ARRAY(SELECT id FROM old_rows));
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, visibility = 'public' AND gear.kind <> 'place', gear.kind, gear.name, -count(*)
  FROM old_rows, LATERAL media_names(camera, lens, place, place_also) AS gear(kind, name)
  WHERE deleted_at IS NULL
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION search_own_facts(text, float8, float8);
--> statement-breakpoint
-- Pictures that were here before get the names of their places from the worker, while the gallery runs.
INSERT INTO place_backfill (after)
SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT 1 FROM media);
