-- Totals per owner, visibility and month of what is ready and not deleted. One statement, one upsert: a batch of a
-- thousand rows costs the totals no more than one row does.
CREATE FUNCTION media_months_apply(changes media_months[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO media_months AS m (owner_id, visibility, month, count, ratio_sum)
  SELECT owner_id, visibility, month, sum(count), sum(ratio_sum)
  FROM unnest(changes)
  GROUP BY owner_id, visibility, month
  HAVING sum(count) <> 0 OR sum(ratio_sum) <> 0
  -- In one order for every writer: two batches that touch the same months cannot deadlock.
  ORDER BY owner_id, visibility, month
  ON CONFLICT (owner_id, visibility, month)
  DO UPDATE SET count = m.count + excluded.count, ratio_sum = m.ratio_sum + excluded.ratio_sum;
$$;
--> statement-breakpoint
CREATE FUNCTION media_month(owner uuid, vis visibility, taken timestamptz, sign int, width int, height int)
RETURNS media_months LANGUAGE sql IMMUTABLE AS $$
  SELECT ROW(owner, vis, to_char(taken AT TIME ZONE 'UTC', 'YYYY-MM-01'), sign, sign * width::float8 / height)::media_months;
$$;
--> statement-breakpoint
CREATE FUNCTION media_months_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_months_apply(ARRAY(
    SELECT media_month(owner_id, visibility, taken_at, 1, width, height) FROM new_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_months_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_months_apply(ARRAY(
    SELECT media_month(owner_id, visibility, taken_at, -1, width, height) FROM old_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_months_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM media_months_apply(ARRAY(
    SELECT media_month(owner_id, visibility, taken_at, -1, width, height) FROM old_rows WHERE deleted_at IS NULL
    UNION ALL
    SELECT media_month(owner_id, visibility, taken_at, 1, width, height) FROM new_rows WHERE deleted_at IS NULL));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER media_months_inserted AFTER INSERT ON media
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_months_inserted();
--> statement-breakpoint
CREATE TRIGGER media_months_deleted AFTER DELETE ON media
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION media_months_deleted();
--> statement-breakpoint
CREATE TRIGGER media_months_updated AFTER UPDATE ON media
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_months_updated();
--> statement-breakpoint
-- A new account starts with an empty quota row, so that reserving never has to create one.
CREATE FUNCTION users_quota() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quotas (owner_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_quota AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION users_quota();
--> statement-breakpoint
-- One owner, whatever races for the set-up link.
CREATE UNIQUE INDEX users_one_owner ON users ((true)) WHERE role = 'owner';
