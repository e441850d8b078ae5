CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
-- Case, accents and width do not count. Hangul falls apart into its letters, so that one or two syllables already
-- make the three characters an index can find, and a syllable half typed finds the whole one.
CREATE FUNCTION search_fold(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'));
--> statement-breakpoint
CREATE FUNCTION media_search_text(title text, filename text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN search_fold(title || ' ' || filename);
--> statement-breakpoint
-- The name a person sees. Cut, because a B-tree refuses a row whose key is longer than 2,704 bytes.
CREATE FUNCTION media_sort_title(title text, filename text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN left(search_fold(CASE WHEN title = '' THEN filename ELSE title END), 100);
