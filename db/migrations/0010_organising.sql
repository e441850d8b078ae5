CREATE TYPE "public"."album_sort" AS ENUM('newest', 'oldest', 'added', 'title', 'manual');--> statement-breakpoint
CREATE TYPE "public"."change_kind" AS ENUM('date', 'texts', 'visibility', 'rating', 'trash', 'tags', 'album', 'favourite');--> statement-breakpoint
ALTER TYPE "public"."taken_source" ADD VALUE 'person';--> statement-breakpoint
CREATE TABLE "album_media" (
	"album_id" uuid NOT NULL,
	"media_id" uuid NOT NULL,
	"position" numeric NOT NULL,
	"number" bigint NOT NULL,
	"added_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"title" text NOT NULL,
	"visibility" "visibility" NOT NULL,
	"live" boolean NOT NULL,
	CONSTRAINT "album_media_album_id_media_id_pk" PRIMARY KEY("album_id","media_id")
);
--> statement-breakpoint
CREATE TABLE "albums" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"parent_id" uuid,
	"title" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"visibility" "visibility" DEFAULT 'private' NOT NULL,
	"cover_id" uuid,
	"sort" "album_sort" DEFAULT 'oldest' NOT NULL,
	"arranged" boolean DEFAULT false NOT NULL,
	"count" integer DEFAULT 0 NOT NULL,
	"unlisted_count" integer DEFAULT 0 NOT NULL,
	"public_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "albums_not_in_itself" CHECK ("albums"."parent_id" <> "albums"."id")
);
--> statement-breakpoint
CREATE TABLE "change_rows" (
	"change_id" uuid NOT NULL,
	"media_id" uuid NOT NULL,
	"place_id" uuid,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" "change_kind" NOT NULL,
	"undone_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "favourites" (
	"user_id" uuid NOT NULL,
	"media_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "favourites_user_id_media_id_pk" PRIMARY KEY("user_id","media_id")
);
--> statement-breakpoint
CREATE TABLE "media_tags" (
	"tag_id" uuid NOT NULL,
	"media_id" uuid NOT NULL,
	"added_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"live" boolean NOT NULL,
	CONSTRAINT "media_tags_tag_id_media_id_pk" PRIMARY KEY("tag_id","media_id")
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"folded" text NOT NULL,
	"count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "rating" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "album_media" ADD CONSTRAINT "album_media_album_id_albums_id_fk" FOREIGN KEY ("album_id") REFERENCES "public"."albums"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "album_media" ADD CONSTRAINT "album_media_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "albums" ADD CONSTRAINT "albums_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "albums" ADD CONSTRAINT "albums_cover_id_media_id_fk" FOREIGN KEY ("cover_id") REFERENCES "public"."media"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "albums" ADD CONSTRAINT "albums_parent" FOREIGN KEY ("parent_id") REFERENCES "public"."albums"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "change_rows" ADD CONSTRAINT "change_rows_change_id_changes_id_fk" FOREIGN KEY ("change_id") REFERENCES "public"."changes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "changes" ADD CONSTRAINT "changes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favourites" ADD CONSTRAINT "favourites_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favourites" ADD CONSTRAINT "favourites_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_tags" ADD CONSTRAINT "media_tags_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_tags" ADD CONSTRAINT "media_tags_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tags" ADD CONSTRAINT "tags_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "album_media_medium" ON "album_media" USING btree ("media_id");--> statement-breakpoint
CREATE INDEX "album_media_taken" ON "album_media" USING btree ("album_id","taken_at","media_id","visibility") WHERE live;--> statement-breakpoint
CREATE INDEX "album_media_number" ON "album_media" USING btree ("album_id","number","media_id","visibility") WHERE live;--> statement-breakpoint
CREATE INDEX "album_media_title" ON "album_media" USING btree ("album_id",title collate "C","media_id","visibility") WHERE live;--> statement-breakpoint
CREATE INDEX "album_media_position" ON "album_media" USING btree ("album_id","position","media_id","visibility") WHERE live;--> statement-breakpoint
CREATE INDEX "albums_owner_title" ON "albums" USING btree ("owner_id","parent_id",search_fold(left(title, 100)) collate "C","id");--> statement-breakpoint
CREATE INDEX "albums_parent_title" ON "albums" USING btree ("parent_id",search_fold(left(title, 100)) collate "C","id");--> statement-breakpoint
CREATE INDEX "albums_public_title" ON "albums" USING btree (search_fold(left(title, 100)) collate "C","id") WHERE visibility = 'public';--> statement-breakpoint
CREATE INDEX "albums_cover" ON "albums" USING btree ("cover_id") WHERE cover_id is not null;--> statement-breakpoint
CREATE INDEX "albums_text" ON "albums" USING gin (search_fold(title) gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "change_rows_change" ON "change_rows" USING btree ("change_id");--> statement-breakpoint
CREATE INDEX "changes_created" ON "changes" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "changes_user" ON "changes" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "favourites_medium" ON "favourites" USING btree ("media_id");--> statement-breakpoint
CREATE INDEX "favourites_newest" ON "favourites" USING btree ("user_id","created_at","media_id");--> statement-breakpoint
CREATE INDEX "media_tags_medium" ON "media_tags" USING btree ("media_id");--> statement-breakpoint
CREATE INDEX "media_tags_taken" ON "media_tags" USING btree ("tag_id","taken_at","media_id") WHERE live;--> statement-breakpoint
CREATE UNIQUE INDEX "tags_owner_folded" ON "tags" USING btree ("owner_id",folded collate "C");--> statement-breakpoint
CREATE INDEX "tags_folded" ON "tags" USING btree (folded collate "C","id");--> statement-breakpoint
CREATE INDEX "tags_text" ON "tags" USING gin (folded gin_trgm_ops);
--> statement-breakpoint
-- Reading ten million rows to learn that none has a rating yet would keep everybody waiting.
ALTER TABLE "media" ADD CONSTRAINT "media_rating" CHECK ("media"."rating" between 0 and 5) NOT VALID;
--> statement-breakpoint
CREATE TYPE album_delta AS (album_id uuid, total bigint, unlisted bigint, public bigint);
--> statement-breakpoint
-- Totals of an album: one update however many media came or went.
CREATE FUNCTION album_counts_apply(deltas album_delta[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In one order for every writer: two selections that touch the same albums cannot deadlock.
  PERFORM 1 FROM albums WHERE id IN (SELECT album_id FROM unnest(deltas)) ORDER BY id FOR NO KEY UPDATE;
  UPDATE albums a SET count = a.count + d.total, unlisted_count = a.unlisted_count + d.unlisted,
    public_count = a.public_count + d.public, updated_at = now()
  FROM unnest(deltas) d
  WHERE a.id = d.album_id AND (d.total <> 0 OR d.unlisted <> 0 OR d.public <> 0);
END $$;
--> statement-breakpoint
CREATE FUNCTION album_media_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM album_counts_apply(ARRAY(
    SELECT ROW(album_id, count(*), count(*) FILTER (WHERE visibility = 'unlisted'),
      count(*) FILTER (WHERE visibility = 'public'))::album_delta
    FROM new_rows WHERE live GROUP BY album_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION album_media_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM album_counts_apply(ARRAY(
    SELECT ROW(album_id, -count(*), -count(*) FILTER (WHERE visibility = 'unlisted'),
      -count(*) FILTER (WHERE visibility = 'public'))::album_delta
    FROM old_rows WHERE live GROUP BY album_id));
  -- A picture that has left an album is not its cover any more.
  UPDATE albums SET cover_id = NULL
  WHERE id IN (SELECT album_id FROM old_rows) AND cover_id IN (SELECT media_id FROM old_rows WHERE album_id = albums.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION album_media_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM album_counts_apply(ARRAY(
    SELECT ROW(album_id, sum(sign), sum(CASE WHEN visibility = 'unlisted' THEN sign ELSE 0 END),
      sum(CASE WHEN visibility = 'public' THEN sign ELSE 0 END))::album_delta
    FROM (
      SELECT album_id, visibility, -1 AS sign FROM old_rows WHERE live
      UNION ALL
      SELECT album_id, visibility, 1 FROM new_rows WHERE live) both_rows
    GROUP BY album_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER album_media_inserted AFTER INSERT ON album_media
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION album_media_inserted();
--> statement-breakpoint
CREATE TRIGGER album_media_deleted AFTER DELETE ON album_media
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION album_media_deleted();
--> statement-breakpoint
CREATE TRIGGER album_media_updated AFTER UPDATE ON album_media
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION album_media_updated();
--> statement-breakpoint
CREATE TYPE tag_delta AS (tag_id uuid, total bigint);
--> statement-breakpoint
CREATE FUNCTION tag_counts_apply(deltas tag_delta[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM tags WHERE id IN (SELECT tag_id FROM unnest(deltas)) ORDER BY id FOR NO KEY UPDATE;
  UPDATE tags t SET count = t.count + d.total FROM unnest(deltas) d WHERE t.id = d.tag_id AND d.total <> 0;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_tags_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tag_counts_apply(ARRAY(
    SELECT ROW(tag_id, count(*))::tag_delta FROM new_rows WHERE live GROUP BY tag_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_tags_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tag_counts_apply(ARRAY(
    SELECT ROW(tag_id, -count(*))::tag_delta FROM old_rows WHERE live GROUP BY tag_id));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION media_tags_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tag_counts_apply(ARRAY(
    SELECT ROW(tag_id, sum(sign))::tag_delta
    FROM (
      SELECT tag_id, -1 AS sign FROM old_rows WHERE live
      UNION ALL
      SELECT tag_id, 1 FROM new_rows WHERE live) both_rows
    GROUP BY tag_id HAVING sum(sign) <> 0));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER media_tags_inserted AFTER INSERT ON media_tags
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_tags_inserted();
--> statement-breakpoint
CREATE TRIGGER media_tags_deleted AFTER DELETE ON media_tags
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION media_tags_deleted();
--> statement-breakpoint
CREATE TRIGGER media_tags_updated AFTER UPDATE ON media_tags
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_tags_updated();
--> statement-breakpoint
-- Keeps the copies in album_media and media_tags equal, and takes what is gone for good out of everywhere.
-- EXECUTE plans for as many rows as there are: a plan kept from one row would take fifty thousand through a nested loop,
-- one kept from fifty thousand would read all of album_media for a single row.
CREATE FUNCTION media_organised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
CREATE TRIGGER media_organised AFTER UPDATE ON media
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION media_organised();
