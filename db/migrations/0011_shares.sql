CREATE TYPE "public"."share_download" AS ENUM('none', 'renditions', 'originals');--> statement-breakpoint
CREATE TYPE "public"."share_kind" AS ENUM('album', 'selection', 'inbox');--> statement-breakpoint
CREATE TABLE "arrivals" (
	"media_id" uuid PRIMARY KEY NOT NULL,
	"share_id" uuid NOT NULL,
	"guest_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "guests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"share_id" uuid NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "share_media" (
	"share_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"media_id" uuid NOT NULL,
	CONSTRAINT "share_media_share_id_position_pk" PRIMARY KEY("share_id","position")
);
--> statement-breakpoint
CREATE TABLE "share_visits" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"share_id" uuid NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"network" text NOT NULL,
	"browser" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"kind" "share_kind" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"salt" "bytea" NOT NULL,
	"label" text NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"album_id" uuid,
	"password_hash" text,
	"expires_at" timestamp (3) with time zone,
	"visits_max" integer,
	"downloads_max" integer,
	"visits" integer DEFAULT 0 NOT NULL,
	"downloads" integer DEFAULT 0 NOT NULL,
	"download" "share_download" DEFAULT 'renditions' NOT NULL,
	"bytes_max" bigint,
	"files_max" integer,
	"last_visit_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shares_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "shares_inbox_bounded" CHECK ("shares"."kind" <> 'inbox' or ("shares"."bytes_max" is not null and "shares"."files_max" is not null))
);
--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "guest_id" uuid;--> statement-breakpoint
ALTER TABLE "arrivals" ADD CONSTRAINT "arrivals_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "arrivals" ADD CONSTRAINT "arrivals_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guests" ADD CONSTRAINT "guests_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "share_media" ADD CONSTRAINT "share_media_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "share_media" ADD CONSTRAINT "share_media_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "share_visits" ADD CONSTRAINT "share_visits_share_id_shares_id_fk" FOREIGN KEY ("share_id") REFERENCES "public"."shares"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_album_id_albums_id_fk" FOREIGN KEY ("album_id") REFERENCES "public"."albums"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "arrivals_share" ON "arrivals" USING btree ("share_id","created_at","media_id");--> statement-breakpoint
CREATE INDEX "guests_share" ON "guests" USING btree ("share_id");--> statement-breakpoint
CREATE UNIQUE INDEX "share_media_once" ON "share_media" USING btree ("share_id","media_id");--> statement-breakpoint
CREATE INDEX "share_media_medium" ON "share_media" USING btree ("media_id");--> statement-breakpoint
CREATE INDEX "share_visits_share" ON "share_visits" USING btree ("share_id","at","id");--> statement-breakpoint
CREATE INDEX "share_visits_at" ON "share_visits" USING btree ("at");--> statement-breakpoint
CREATE INDEX "shares_owner" ON "shares" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "shares_album" ON "shares" USING btree ("album_id","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_guest" ON "uploads" USING btree ("guest_id") WHERE guest_id is not null;