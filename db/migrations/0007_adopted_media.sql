ALTER TABLE "media" DROP CONSTRAINT "media_key_unique";--> statement-breakpoint
ALTER TABLE "uploads" ALTER COLUMN "sha256" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "media" ADD COLUMN "keep_original" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "by_operator" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "visibility" "visibility";--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "keep_original" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "media_key" ON "media" USING btree ("key") WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "media_deleted_sha256" ON "media" USING btree ("owner_id","sha256") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "uploads_by_operator" ON "uploads" USING btree ("owner_id","sha256") WHERE by_operator;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_sha256_known" CHECK ("uploads"."sha256" is not null or "uploads"."in_place");