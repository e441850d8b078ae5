DROP INDEX "media_public_timeline";--> statement-breakpoint
DROP INDEX "media_owner_timeline";--> statement-breakpoint
DROP INDEX "media_added";--> statement-breakpoint
CREATE INDEX "media_taken" ON "media" USING btree ("taken_at","id") WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "media_bytes" ON "media" USING btree ("bytes","id") WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "media_title" ON "media" USING btree (media_sort_title(title, filename) collate "C","id") WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "media_trash" ON "media" USING btree ("deleted_at","id") WHERE deleted_at is not null and purged_at is null;--> statement-breakpoint
CREATE INDEX "media_unlisted" ON "media" USING btree ("created_at","id") WHERE visibility = 'unlisted' and purged_at is null;--> statement-breakpoint
CREATE INDEX "media_rare_type" ON "media" USING btree ("mime") WHERE mime <> 'image/jpeg' and purged_at is null;--> statement-breakpoint
CREATE INDEX "media_text" ON "media" USING gin (media_search_text(title, filename) gin_trgm_ops) WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "media_public_timeline" ON "media" USING btree ("taken_at","id") WHERE deleted_at is null and visibility = 'public';--> statement-breakpoint
CREATE INDEX "media_owner_timeline" ON "media" USING btree ("owner_id","taken_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "media_added" ON "media" USING btree ("created_at","id") WHERE purged_at is null;