CREATE TABLE "media_days" (
	"owner_id" uuid NOT NULL,
	"visibility" "visibility" NOT NULL,
	"day" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "media_days_owner_id_visibility_day_pk" PRIMARY KEY("owner_id","visibility","day")
);
--> statement-breakpoint
ALTER TABLE "media_months" ADD COLUMN "changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "media_days_public" ON "media_days" USING btree ("day") WHERE visibility = 'public';--> statement-breakpoint
-- One row that came, changed or went; a row of whatever statement.
CREATE TYPE media_change AS (owner_id uuid, visibility visibility, day date, sign int, ratio float8);
--> statement-breakpoint
-- The ratio as lists show it: lib and app clamp it in the same way, or heights of sections would be wrong.
CREATE FUNCTION media_change(owner uuid, vis visibility, taken timestamptz, sign int, width int, height int)
RETURNS media_change LANGUAGE sql IMMUTABLE AS $$
  SELECT ROW(owner, vis, (taken AT TIME ZONE 'UTC')::date, sign,
    sign * least(4, greatest(0.5, width::float8 / height)))::media_change;
$$;
--> statement-breakpoint
-- Both totals, and the news for open pages: whose media of which months changed, and whether others may see them. In one
-- order for every writer: two batches that touch the same months cannot deadlock.
CREATE FUNCTION media_totals_apply(changes media_change[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  news text;
BEGIN
  IF cardinality(changes) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO media_months AS m (owner_id, visibility, month, count, ratio_sum, changed_at)
  SELECT owner_id, visibility, to_char(day, 'YYYY-MM-01'), sum(sign), sum(ratio), clock_timestamp()
  FROM unnest(changes)
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (owner_id, visibility, month)
  DO UPDATE SET count = m.count + excluded.count, ratio_sum = m.ratio_sum + excluded.ratio_sum,
    changed_at = excluded.changed_at;
  INSERT INTO media_days AS d (owner_id, visibility, day, count)
  SELECT owner_id, visibility, day, sum(sign)
  FROM unnest(changes)
  GROUP BY 1, 2, 3
  HAVING sum(sign) <> 0
  ORDER BY 1, 2, 3
  ON CONFLICT (owner_id, visibility, day) DO UPDATE SET count = d.count + excluded.count;
  SELECT string_agg(DISTINCT concat_ws(' ', owner_id, CASE WHEN visibility = 'public' THEN 'public' ELSE 'own' END,
    to_char(day, 'YYYY-MM')), ',') INTO news FROM unnest(changes);
  -- A message holds 8,000 bytes: beyond that, the months are left out, and then the owners.
  IF length(news) > 7900 THEN
    SELECT string_agg(DISTINCT concat_ws(' ', owner_id, CASE WHEN visibility = 'public' THEN 'public' ELSE 'own' END,
      '*'), ',') INTO news FROM unnest(changes);
  END IF;
  PERFORM pg_notify('tintype_media', CASE WHEN length(news) > 7900 THEN '*' ELSE news END);
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_months_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT media_change(owner_id, visibility, taken_at, 1, width, height) FROM new_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_months_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT media_change(owner_id, visibility, taken_at, -1, width, height) FROM old_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION media_months_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_totals_apply(ARRAY(
    SELECT media_change(owner_id, visibility, taken_at, -1, width, height) FROM old_rows WHERE deleted_at IS NULL
    UNION ALL
    SELECT media_change(owner_id, visibility, taken_at, 1, width, height) FROM new_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION media_months_apply(media_months[]);
--> statement-breakpoint
DROP FUNCTION media_month(uuid, visibility, timestamptz, int, int, int);
--> statement-breakpoint
-- Nobody may write media between this count and the end of the migration; everybody may read. One scan, some seconds for
-- ten million rows.
LOCK TABLE media IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
WITH by_day AS MATERIALIZED (
  SELECT owner_id, visibility, (taken_at AT TIME ZONE 'UTC')::date AS day, count(*)::int AS count,
    sum(least(4, greatest(0.5, width::float8 / height))) AS ratio
  FROM media WHERE deleted_at IS NULL GROUP BY 1, 2, 3
), days AS (
  INSERT INTO media_days (owner_id, visibility, day, count) SELECT owner_id, visibility, day, count FROM by_day
)
UPDATE media_months AS m SET ratio_sum = months.ratio
FROM (SELECT owner_id, visibility, to_char(day, 'YYYY-MM-01') AS month, sum(ratio) AS ratio FROM by_day GROUP BY 1, 2, 3) AS months
WHERE (m.owner_id, m.visibility, m.month) = (months.owner_id, months.visibility, months.month);
