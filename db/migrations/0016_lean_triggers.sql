ALTER TABLE "change_rows" DROP CONSTRAINT "change_rows_change_id_changes_id_fk";
--> statement-breakpoint
-- What a change wrote down goes with it, as with the constraint that was there: that one was asked for every row that is
-- written, fifty thousand times for a month of pictures.
CREATE FUNCTION changes_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM change_rows WHERE change_id = ANY(ARRAY(SELECT id FROM old_rows));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER changes_deleted AFTER DELETE ON changes
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION changes_deleted();
--> statement-breakpoint
-- Three functions that Postgres could not write out where they are called: a strict one may not hold a CASE or a least(),
-- and an immutable one not join a text with a number, only with its text. Each call was a query of its own, planned anew.
CREATE OR REPLACE FUNCTION media_sort_title(title text, filename text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(search_fold(CASE WHEN title = '' THEN filename ELSE title END), 100);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION search_color_fact(l float8, a float8, b float8) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 'b:' || floor(l / 0.1)::int::text || ':' || floor(a / 0.06)::int::text || ':' || floor(b / 0.06)::int::text;
--> statement-breakpoint
-- The ratio as lists show it: lib and app clamp it in the same way, or heights of sections would be wrong.
CREATE FUNCTION media_shown_ratio(width int, height int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(4, greatest(0.5, width::float8 / height));
--> statement-breakpoint
-- The same keys as before, made without a query: connections plan every query that has values anew, and this one had two
-- for each medium. No word holds the separator.
CREATE OR REPLACE FUNCTION search_keys(owner uuid, open boolean, taken timestamptz, words text, own_words text, facts text[], own_facts text[])
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
  era text := search_era(taken);
  keys text[] := '{}';
  grams text[] := search_grams(words);
  fact text;
  prefix text;
BEGIN
  FOREACH fact IN ARRAY facts LOOP grams := grams || ('#' || fact); END LOOP;
  IF open AND cardinality(grams) > 0 THEN
    prefix := search_scope(NULL) || era;
    keys := string_to_array(prefix || array_to_string(grams, U&'\0001' || prefix), U&'\0001');
  END IF;
  grams := grams || search_grams(own_words);
  FOREACH fact IN ARRAY own_facts LOOP grams := grams || ('#' || fact); END LOOP;
  IF cardinality(grams) > 0 THEN
    prefix := search_scope(owner) || era;
    keys := keys || string_to_array(prefix || array_to_string(grams, U&'\0001' || prefix), U&'\0001');
  END IF;
  RETURN array_to_tsvector(keys);
END $$;
--> statement-breakpoint
-- None of the statements in these functions has values, so each is planned once a connection. Such a plan is kept from
-- whatever came first, mostly a single row: it may not join the old rows with the new ones, or fifty thousand of each
-- would be compared two and a half thousand million times. EXCEPT takes each row once.
CREATE OR REPLACE FUNCTION media_search_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_words(filename),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude)
  FROM new_rows WHERE deleted_at IS NULL;
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, visibility = 'public', gear.kind, gear.name, count(*)
  FROM new_rows, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
  WHERE deleted_at IS NULL AND gear.name IS NOT NULL
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
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
    words = excluded.words, own_words = excluded.own_words, facts = excluded.facts, own_facts = excluded.own_facts;
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
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_search_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM media_search s WHERE s.media_id = ANY(ARRAY(SELECT id FROM old_rows));
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, visibility = 'public', gear.kind, gear.name, -count(*)
  FROM old_rows, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
  WHERE deleted_at IS NULL AND gear.name IS NOT NULL
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION media_gear_apply(gear_delta[]);
--> statement-breakpoint
DROP TYPE gear_delta;
--> statement-breakpoint
-- One element a day, not one a row. The statements of this function read an array, whose plan is the same for any.
ALTER FUNCTION media_totals_apply(media_change[]) SET plan_cache_mode = force_generic_plan;
--> statement-breakpoint
DROP FUNCTION media_change(uuid, visibility, timestamptz, int, int, int);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_months_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT ROW(owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date, count(*),
      sum(media_shown_ratio(width, height)))::media_change
    FROM new_rows WHERE deleted_at IS NULL
    GROUP BY owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_months_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT ROW(owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date, -count(*),
      -sum(media_shown_ratio(width, height)))::media_change
    FROM old_rows WHERE deleted_at IS NULL
    GROUP BY owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A day that keeps its total is among them: its pictures changed in some other way, and open pages are told.
CREATE OR REPLACE FUNCTION media_months_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT ROW(owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date, sum(sign),
      sum(sign * media_shown_ratio(width, height)))::media_change
    FROM (
      SELECT owner_id, visibility, taken_at, -1 AS sign, width, height FROM old_rows WHERE deleted_at IS NULL
      UNION ALL
      SELECT owner_id, visibility, taken_at, 1, width, height FROM new_rows WHERE deleted_at IS NULL) both_rows
    GROUP BY owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Keeps the copies in album_media and media_tags equal, and takes what is gone for good out of everywhere; asks neither
-- when nothing changed that they copy. EXECUTE plans for as many rows as there are: a plan kept from one row would take
-- fifty thousand through a nested loop, one kept from fifty thousand would read all of album_media for a single row.
CREATE OR REPLACE FUNCTION media_organised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT id, taken_at, title, filename, visibility, deleted_at, purged_at FROM new_rows
    EXCEPT
    SELECT id, taken_at, title, filename, visibility, deleted_at, purged_at FROM old_rows) THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT 1 FROM new_rows WHERE purged_at IS NOT NULL) THEN
    EXECUTE 'DELETE FROM album_media a USING new_rows n WHERE a.media_id = n.id AND n.purged_at IS NOT NULL';
    EXECUTE 'DELETE FROM media_tags t USING new_rows n WHERE t.media_id = n.id AND n.purged_at IS NOT NULL';
    EXECUTE 'DELETE FROM favourites f USING new_rows n WHERE f.media_id = n.id AND n.purged_at IS NOT NULL';
  END IF;
  EXECUTE 'UPDATE album_media a SET taken_at = n.taken_at, title = media_sort_title(n.title, n.filename),
      visibility = n.visibility, live = n.deleted_at IS NULL
    FROM new_rows n
    WHERE a.media_id = n.id AND (a.taken_at, a.title, a.visibility, a.live)
      IS DISTINCT FROM (n.taken_at, media_sort_title(n.title, n.filename), n.visibility, n.deleted_at IS NULL)';
  EXECUTE 'UPDATE media_tags t SET taken_at = n.taken_at, live = n.deleted_at IS NULL
    FROM new_rows n
    WHERE t.media_id = n.id AND (t.taken_at, t.live) IS DISTINCT FROM (n.taken_at, n.deleted_at IS NULL)';
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER media_organised AFTER UPDATE ON media
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_organised();
