-- The span of time that stands in front of every term: two years, all that is older than 2000, all from 2040 on. Few enough
-- that a word which is nowhere is asked for a dozen times and not two hundred, and none longer than a list that reads fast.
CREATE FUNCTION search_span(taken timestamptz) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lpad(least(21, greatest(0, (extract(year FROM taken AT TIME ZONE 'UTC')::int - 1998) / 2))::text, 2, '0');
--> statement-breakpoint
-- The terms of a medium, once for everybody when it is public, once for its owner: pieces of words, facts, and the month,
-- the part of the month and the day (UTC). Asked together with a word they leave of a long list what one window holds. Dear, so
-- that Postgres reads them from their index and never makes them anew for each row it comes by.
CREATE FUNCTION search_terms(owner uuid, open boolean, taken timestamptz, words text, own_words text, facts text[], own_facts text[])
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path FROM CURRENT AS $$
DECLARE
  span text := search_span(taken);
  day text := to_char(taken AT TIME ZONE 'UTC', 'YYYYMMDD');
  month text := left(day, -2);
  terms text[] := search_grams(words)
    || ARRAY['@m' || month, '@w' || month || least(3, (right(day, 2)::int - 1) / 8), '@d' || day];
  all_terms text[] := '{}';
  fact text;
  prefix text;
BEGIN
  FOREACH fact IN ARRAY facts LOOP terms := terms || ('#' || fact); END LOOP;
  IF open THEN
    prefix := search_scope(NULL) || span;
    all_terms := ARRAY(SELECT prefix || term FROM unnest(terms) term);
  END IF;
  terms := terms || search_grams(own_words);
  FOREACH fact IN ARRAY own_facts LOOP terms := terms || ('#' || fact); END LOOP;
  prefix := search_scope(owner) || span;
  RETURN array_to_tsvector(all_terms || ARRAY(SELECT prefix || term FROM unnest(terms) term));
END $$;
--> statement-breakpoint
-- Rows with these terms, those of the first question first, until there are `most`. A question with a limit is one that
-- Postgres likes to answer by reading an index of times until enough has turned up: here it may not.
CREATE FUNCTION search_taken(questions text[], most int)
RETURNS TABLE (n int, media_id uuid, owner_id uuid, open boolean, taken_at timestamptz, words text, own_words text, facts text[],
  own_facts text[])
LANGUAGE sql STABLE STRICT SET enable_indexscan = off SET enable_indexonlyscan = off SET enable_seqscan = off AS $$
  SELECT q.n::int, s.* FROM unnest(questions) WITH ORDINALITY q(terms, n) CROSS JOIN LATERAL (
    SELECT r.media_id, r.owner_id, r.open, r.taken_at, r.words, r.own_words, r.facts, r.own_facts FROM media_search r
    WHERE r.keyed AND search_terms(r.owner_id, r.open, r.taken_at, r.words, r.own_words, r.facts, r.own_facts)
      @@ q.terms::tsquery
    LIMIT most) s
  LIMIT most
$$;
--> statement-breakpoint
-- An index like this over a million pictures takes two minutes, in which nothing could be uploaded: over a library of any
-- size the worker makes it while the gallery runs, and searches go by the one of before until it is whole.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM media_search OFFSET 5000) THEN RETURN; END IF;
  CREATE INDEX "media_search_own_time" ON "media_search" USING btree ("owner_id","taken_at","media_id") WHERE keyed;
  CREATE INDEX "media_search_open_time" ON "media_search" USING btree ("taken_at","media_id") WHERE keyed and open;
  CREATE INDEX "media_search_terms" ON "media_search" USING gin (search_terms("owner_id", "open", "taken_at", "words", "own_words", "facts", "own_facts")) WITH (fastupdate=false) WHERE keyed;
  DROP INDEX "media_search_keys";
END $$;
