-- What people type and what they wrote, brought to one form: folded, and a single space around every word.
CREATE FUNCTION search_words(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ' ' || btrim(regexp_replace(search_fold(words), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ', 'g')) || ' ';
--> statement-breakpoint
-- The pieces a word is found by: every three letters, and the first one and two of a word. Where a letter says more
-- than a Latin one does, every two (from Thai on) and every single one (Han, Kana) as well.
CREATE FUNCTION search_grams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  a text := ' ';
  b text := ' ';
  c text;
  grams text[] := '{}';
BEGIN
  FOREACH c IN ARRAY string_to_array(words, NULL) LOOP
    IF c <> ' ' THEN
      IF b <> ' ' THEN grams := grams || (a || b || c); END IF;
      IF b = ' ' OR b COLLATE "C" >= U&'\0e00' THEN grams := grams || (b || c); END IF;
      IF c COLLATE "C" >= U&'\2e80' THEN grams := grams || c; END IF;
    END IF;
    a := b;
    b := c;
  END LOOP;
  RETURN grams;
END $$;
--> statement-breakpoint
-- The month, UTC, that stands in front of every key: a search walks from month to month and stops when its page is full.
CREATE FUNCTION search_era(taken timestamptz) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lpad(to_hex((extract(year FROM taken AT TIME ZONE 'UTC') * 12 + extract(month FROM taken AT TIME ZONE 'UTC'))::int), 4, '0');
--> statement-breakpoint
-- In front of the month: whose pictures. Eight digits of an id are enough, because the row is asked for its owner as well.
CREATE FUNCTION search_scope(owner uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN owner IS NULL THEN 'p' ELSE 'o' || left(owner::text, 8) END;
--> statement-breakpoint
-- Every key by which a medium is found: its pieces and facts, once for everybody when it is public, once for its owner.
CREATE FUNCTION search_keys(owner uuid, open boolean, taken timestamptz, words text, own_words text, facts text[], own_facts text[])
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
  era text := search_era(taken);
  keys text[] := '{}';
  grams text[] := search_grams(words);
  fact text;
  prefix text;
BEGIN
  FOREACH fact IN ARRAY facts LOOP grams := grams || ('#' || fact); END LOOP;
  IF open THEN
    prefix := search_scope(NULL) || era;
    keys := ARRAY(SELECT prefix || gram FROM unnest(grams) gram);
  END IF;
  grams := grams || search_grams(own_words);
  FOREACH fact IN ARRAY own_facts LOOP grams := grams || ('#' || fact); END LOOP;
  prefix := search_scope(owner) || era;
  RETURN array_to_tsvector(keys || ARRAY(SELECT prefix || gram FROM unnest(grams) gram));
END $$;
--> statement-breakpoint
-- A colour as the eye sees it (OKLab): lightness 0 to 1, green to red, blue to yellow.
CREATE FUNCTION color_lab(color int) RETURNS float8[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r float8 := (color >> 16 & 255) / 255.0;
  g float8 := (color >> 8 & 255) / 255.0;
  b float8 := (color & 255) / 255.0;
  l float8;
  m float8;
  s float8;
BEGIN
  r := CASE WHEN r <= 0.04045 THEN r / 12.92 ELSE power((r + 0.055) / 1.055, 2.4::float8) END;
  g := CASE WHEN g <= 0.04045 THEN g / 12.92 ELSE power((g + 0.055) / 1.055, 2.4::float8) END;
  b := CASE WHEN b <= 0.04045 THEN b / 12.92 ELSE power((b + 0.055) / 1.055, 2.4::float8) END;
  l := cbrt(0.4122214708::float8 * r + 0.5363325363::float8 * g + 0.0514459929::float8 * b);
  m := cbrt(0.2119034982::float8 * r + 0.6806995451::float8 * g + 0.1073969566::float8 * b);
  s := cbrt(0.0883024619::float8 * r + 0.2817188376::float8 * g + 0.6299787005::float8 * b);
  RETURN ARRAY[
    0.2104542553::float8 * l + 0.7936177850::float8 * m - 0.0040720468::float8 * s,
    1.9779984951::float8 * l - 2.4285922050::float8 * m + 0.4505937099::float8 * s,
    0.0259040371::float8 * l + 0.7827717662::float8 * m - 0.8086757660::float8 * s];
END $$;
--> statement-breakpoint
-- How far two colours are apart; below 0.02 nobody sees a difference, black and white are 1 apart.
CREATE FUNCTION color_distance(one float8[], other float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sqrt(power(one[1] - other[1], 2) + power(one[2] - other[2], 2) + power(one[3] - other[3], 2));
--> statement-breakpoint
-- The box of a colour, as a fact. Half the greatest distance that is asked for wide: a question touches few boxes.
CREATE FUNCTION search_color_fact(l float8, a float8, b float8) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 'b:' || floor(l / 0.1)::int || ':' || floor(a / 0.06)::int || ':' || floor(b / 0.06)::int;
--> statement-breakpoint
-- The boxes a colour's surroundings lie in.
CREATE FUNCTION search_color_facts(lab float8[], far float8) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
  SELECT 'b:' || l || ':' || a || ':' || b
  FROM generate_series(floor((lab[1] - far) / 0.1)::int, floor((lab[1] + far) / 0.1)::int) l,
    generate_series(floor((lab[2] - far) / 0.06)::int, floor((lab[2] + far) / 0.06)::int) a,
    generate_series(floor((lab[3] - far) / 0.06)::int, floor((lab[3] + far) / 0.06)::int) b);
--> statement-breakpoint
-- Squares of a quarter of a degree, for the owner alone.
CREATE FUNCTION search_place_facts(latitude float8, longitude float8, far_latitude float8, far_longitude float8)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
  SELECT DISTINCT 'g:' || y || ':' || (x + 1440) % 1440
  FROM generate_series(floor((latitude - far_latitude) * 4)::int, floor((latitude + far_latitude) * 4)::int) y,
    generate_series(floor((longitude - far_longitude) * 4)::int, floor((longitude + far_longitude) * 4)::int) x);
--> statement-breakpoint
CREATE TABLE "media_gear" (
	"owner_id" uuid NOT NULL,
	"open" boolean NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "media_gear_owner_id_open_kind_name_pk" PRIMARY KEY("owner_id","open","kind","name")
);
--> statement-breakpoint
CREATE TABLE "media_search" (
	"media_id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"open" boolean NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"words" text NOT NULL,
	"own_words" text NOT NULL,
	"facts" text[] NOT NULL,
	"own_facts" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_backfill" (
	"after" uuid PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE INDEX "media_search_keys" ON "media_search" USING gin (search_keys("owner_id", "open", "taken_at", "words", "own_words", "facts", "own_facts")) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "media_rated" ON "media" USING btree ("owner_id","taken_at","id") WHERE rating > 0 and deleted_at is null;
--> statement-breakpoint
-- What everybody may find a public medium by. Widths and heights as a class of megapixels, each twice the one before.
CREATE FUNCTION search_facts(mime text, kind text, motion text, width int, height int, color int, title text, description text, alt text,
  camera text, lens text, taken timestamptz, taken_offset int)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
  lab float8[] := color_lab(color);
  facts text[] := ARRAY[
    'y:' || split_part(mime, '/', 2),
    'k:' || kind,
    'o:' || CASE WHEN width > height THEN 'l' WHEN width < height THEN 'p' ELSE 's' END,
    'm:' || greatest(0, floor(ln(width::float8 * height / 250000) / ln(2::float8)))::int,
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
-- Of the text that everybody may read; the names of camera and lens are part of it.
CREATE FUNCTION search_text(title text, description text, alt text, camera text, lens text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_words(title || ' / ' || description || ' / ' || alt || ' / ' || coalesce(camera, '') || ' / ' || coalesce(lens, ''));
--> statement-breakpoint
CREATE FUNCTION search_own_facts(visibility text, latitude float8, longitude float8) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN latitude IS NULL OR longitude IS NULL THEN ARRAY['v:' || visibility, 'no:place']
  ELSE ARRAY['v:' || visibility, 'has:place'] || search_place_facts(latitude, longitude, 0, 0) END;
--> statement-breakpoint
CREATE TYPE gear_delta AS (owner_id uuid, open boolean, kind text, name text, count bigint);
--> statement-breakpoint
-- How many pictures each camera and each lens took: one upsert a statement, in one order for every writer.
CREATE FUNCTION media_gear_apply(deltas gear_delta[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(deltas) = 0 THEN RETURN; END IF;
  INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
  SELECT owner_id, open, kind, name, sum(count) FROM unnest(deltas)
  GROUP BY owner_id, open, kind, name HAVING sum(count) <> 0
  ORDER BY owner_id, open, kind, name
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
END $$;
--> statement-breakpoint
-- Writes what a search reads of these media, as they are now.
CREATE FUNCTION media_search_write(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts)
  SELECT id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
    search_words(filename),
    search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at,
      taken_offset),
    search_own_facts(visibility::text, latitude, longitude)
  FROM media WHERE id = ANY(ids) AND deleted_at IS NULL
  -- In one order for every writer: two selections that share media cannot deadlock.
  ORDER BY id
  ON CONFLICT (media_id) DO UPDATE SET owner_id = excluded.owner_id, open = excluded.open, taken_at = excluded.taken_at,
    words = excluded.words, own_words = excluded.own_words, facts = excluded.facts, own_facts = excluded.own_facts;
$$;
--> statement-breakpoint
CREATE FUNCTION media_search_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_search_write(ARRAY(SELECT id FROM new_rows WHERE deleted_at IS NULL));
  PERFORM media_gear_apply(ARRAY(
    SELECT ROW(owner_id, visibility = 'public', gear.kind, gear.name, count(*))::gear_delta
    FROM new_rows, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
    WHERE deleted_at IS NULL AND gear.name IS NOT NULL GROUP BY owner_id, visibility, gear.kind, gear.name));
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Most updates of a medium change nothing that a search reads, and then nothing is written.
CREATE FUNCTION media_search_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows WHERE deleted_at IS NOT NULL) THEN
    DELETE FROM media_search s WHERE s.media_id = ANY(ARRAY(SELECT id FROM new_rows WHERE deleted_at IS NOT NULL));
  END IF;
  PERFORM media_search_write(changed.ids)
  FROM (
    SELECT array_agg(n.id) AS ids FROM new_rows n JOIN old_rows o USING (id)
    WHERE n.deleted_at IS NULL AND
      (n.deleted_at, n.owner_id, n.visibility, n.taken_at, n.taken_offset, n.title, n.description, n.alt, n.camera, n.lens,
        n.filename, n.mime, n.kind, n.motion, n.width, n.height, n.color, n.latitude, n.longitude)
      IS DISTINCT FROM
      (o.deleted_at, o.owner_id, o.visibility, o.taken_at, o.taken_offset, o.title, o.description, o.alt, o.camera, o.lens,
        o.filename, o.mime, o.kind, o.motion, o.width, o.height, o.color, o.latitude, o.longitude)) changed
  WHERE changed.ids IS NOT NULL;
  PERFORM media_gear_apply(ARRAY(
    SELECT ROW(owner_id, open, gear.kind, gear.name, sum(sign))::gear_delta
    FROM (
      SELECT owner_id, visibility = 'public' AS open, camera, lens, -1 AS sign FROM old_rows WHERE deleted_at IS NULL
      UNION ALL
      SELECT owner_id, visibility = 'public', camera, lens, 1 FROM new_rows WHERE deleted_at IS NULL) both_rows,
      LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
    WHERE gear.name IS NOT NULL GROUP BY owner_id, open, gear.kind, gear.name HAVING sum(sign) <> 0));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_search_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM media_search s USING old_rows o WHERE s.media_id = o.id;
  PERFORM media_gear_apply(ARRAY(
    SELECT ROW(owner_id, visibility = 'public', gear.kind, gear.name, -count(*))::gear_delta
    FROM old_rows, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
    WHERE deleted_at IS NULL AND gear.name IS NOT NULL GROUP BY owner_id, visibility, gear.kind, gear.name));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER media_search_inserted AFTER INSERT ON media
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_search_inserted();
--> statement-breakpoint
CREATE TRIGGER media_search_updated AFTER UPDATE ON media
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_search_updated();
--> statement-breakpoint
CREATE TRIGGER media_search_deleted AFTER DELETE ON media
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION media_search_deleted();
--> statement-breakpoint
-- One scan, some seconds for ten million rows, and nobody may write media between it and the end of the migration. The
-- rows of media_search would take minutes: the worker fills them in afterwards, and new media bring theirs along.
LOCK TABLE media IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
INSERT INTO media_gear (owner_id, open, kind, name, count)
SELECT owner_id, visibility = 'public', gear.kind, gear.name, count(*)
FROM media, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
WHERE deleted_at IS NULL AND gear.name IS NOT NULL GROUP BY 1, 2, 3, 4;
--> statement-breakpoint
INSERT INTO search_backfill (after)
SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT 1 FROM media);
