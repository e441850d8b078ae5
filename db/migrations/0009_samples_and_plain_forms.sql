CREATE TABLE "samples" (
	"number" smallint PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"client_token" uuid DEFAULT gen_random_uuid() NOT NULL,
	"media_id" uuid,
	CONSTRAINT "samples_client_token_unique" UNIQUE("client_token")
);
--> statement-breakpoint
ALTER TABLE "uploads" DROP CONSTRAINT "uploads_sha256_known";--> statement-breakpoint
ALTER TABLE "samples" ADD CONSTRAINT "samples_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "samples" ADD CONSTRAINT "samples_media_id_media_id_fk" FOREIGN KEY ("media_id") REFERENCES "public"."media"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- Wider than the one before it, which every row satisfies: no row has to be read again under the lock.
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_sha256_known" CHECK ("uploads"."sha256" is not null or "uploads"."in_place" or ("uploads"."transport" = 'post' and "uploads"."state" <> 'ready')) NOT VALID;