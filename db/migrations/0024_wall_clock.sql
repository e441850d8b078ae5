ALTER TABLE "uploads" ADD COLUMN "time_zone" text;
--> statement-breakpoint
-- taken_at was the moment, and is now what a clock showed where and when the picture was taken, written as if that were
-- UTC: a picture of the first morning of June in Korea stood under May. Whatever is known of a change that may still be
-- taken back is told in the same way.
UPDATE change_rows r
SET before = r.before || jsonb_build_object('taken_at', (r.before->>'taken_at')::timestamptz
    + make_interval(mins => coalesce((r.before->>'taken_offset')::int, m.taken_offset, 0))),
  after = r.after || jsonb_build_object('taken_at', (r.after->>'taken_at')::timestamptz
    + make_interval(mins => coalesce((r.after->>'taken_offset')::int, m.taken_offset, 0)))
FROM media m
WHERE m.id = r.media_id AND r.before ? 'taken_at' AND r.after ? 'taken_at';
--> statement-breakpoint
-- As before, but for the clock. The offset is still told, for the triggers that call it.
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
    'd:' || to_char(taken AT TIME ZONE 'UTC', 'MMDD'),
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
-- The triggers bring totals, albums, tags and what searches read along; searches stay right, and the worker sorts their
-- keys in afterwards.
UPDATE media SET taken_at = taken_at + make_interval(mins => taken_offset) WHERE taken_offset <> 0;
