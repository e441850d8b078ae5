CREATE TYPE "public"."media_kind" AS ENUM('picture', 'live', 'video');--> statement-breakpoint
ALTER TYPE "public"."media_type" ADD VALUE 'image/heic';--> statement-breakpoint
ALTER TYPE "public"."media_type" ADD VALUE 'video/mp4';--> statement-breakpoint
ALTER TYPE "public"."media_type" ADD VALUE 'video/quicktime';--> statement-breakpoint
ALTER TYPE "public"."media_type" ADD VALUE 'video/webm';--> statement-breakpoint
CREATE TABLE "halves" (
	"media_id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"content_id" text NOT NULL,
	"clip_key" text,
	"clip_bytes" bigint,
	"clip_sha256" "bytea",
	CONSTRAINT "halves_clip_key_unique" UNIQUE("clip_key")
);
--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "kind" "media_kind" DEFAULT 'picture' NOT NULL;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "duration" integer;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "codecs" text;--> statement-breakpoint
ALTER TABLE "halves" ADD CONSTRAINT "halves_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "halves_content" ON "halves" USING btree ("owner_id","content_id");--> statement-breakpoint
CREATE INDEX "halves_clip" ON "halves" USING btree ("owner_id","clip_sha256") WHERE clip_sha256 is not null;