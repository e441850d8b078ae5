CREATE FUNCTION search_place_names(place text, also text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT 'p:' || search_fold(part) FROM place_parts(place, also) part);
END $$;
--> statement-breakpoint
-- As before, but Postgres can write it out where it is called: it may not where a SELECT stands in it, and then plans a
-- query for every medium, most of which have no place at all.
CREATE OR REPLACE FUNCTION search_own_facts(visibility text, latitude float8, longitude float8, place text, also text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL
    THEN ARRAY['v:' || visibility, 'has:place'] || search_place_facts(latitude, longitude, 0, 0)
    WHEN place = '' THEN ARRAY['v:' || visibility, 'no:place'] ELSE ARRAY['v:' || visibility, 'has:place'] END
  || CASE WHEN place = '' THEN '{}'::text[] ELSE search_place_names(place, also) END;
--> statement-breakpoint
-- Places are counted by a statement of their own, where there are any.
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
  SELECT owner_id, visibility = 'public', gear.kind, gear.name, count(*)
  FROM new_rows, LATERAL (VALUES ('camera', camera), ('lens', lens)) AS gear(kind, name)
  WHERE deleted_at IS NULL AND gear.name IS NOT NULL
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  IF EXISTS (SELECT 1 FROM new_rows WHERE place <> '' AND deleted_at IS NULL) THEN
    INSERT INTO media_gear AS g (owner_id, open, kind, name, count)
    SELECT owner_id, false, 'place', part, count(*)
    FROM new_rows, LATERAL place_parts(place, place_also) part
    WHERE deleted_at IS NULL AND place <> ''
    GROUP BY 1, 4
    ORDER BY 1, 4
    ON CONFLICT (owner_id, open, kind, name) DO UPDATE SET count = g.count + excluded.count;
  END IF;
  RETURN NULL;
END $$;
