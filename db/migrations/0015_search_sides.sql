-- A class of width and one of height as well, each about 1.4 times the one before: "width:>=5000" went through every month.
CREATE OR REPLACE FUNCTION search_facts(mime text, kind text, motion text, width int, height int, color int, title text, description text, alt text,
  camera text, lens text, taken timestamptz, taken_offset int)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
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
DELETE FROM search_backfill;
--> statement-breakpoint
INSERT INTO search_backfill (after)
SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT 1 FROM media);
