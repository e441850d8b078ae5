CREATE TYPE "public"."media_type" AS ENUM('image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif');--> statement-breakpoint
CREATE TYPE "public"."reject_code" AS ENUM('size_mismatch', 'checksum_mismatch', 'not_an_image', 'unsupported_type', 'heic_unsupported', 'type_mismatch', 'corrupt', 'too_many_pixels', 'too_many_frames', 'too_much_metadata', 'took_too_long', 'duplicate', 'internal');--> statement-breakpoint
CREATE TYPE "public"."role" AS ENUM('owner', 'admin', 'member', 'viewer');--> statement-breakpoint
CREATE TYPE "public"."taken_source" AS ENUM('camera', 'file', 'upload');--> statement-breakpoint
CREATE TYPE "public"."upload_state" AS ENUM('issued', 'verifying', 'ready', 'rejected', 'cancelled', 'expired');--> statement-breakpoint
CREATE TYPE "public"."visibility" AS ENUM('private', 'unlisted', 'public');--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"account_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"access_token_expires_at" timestamp (3) with time zone,
	"refresh_token_expires_at" timestamp (3) with time zone,
	"scope" text,
	"password" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_provider" UNIQUE("provider_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "invites" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"role" "role" NOT NULL,
	"email" text,
	"created_by" uuid,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invites_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "media" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"visibility" "visibility" DEFAULT 'private' NOT NULL,
	"key" text NOT NULL,
	"rendition_folder" text NOT NULL,
	"avif_widths" integer[] NOT NULL,
	"jpeg_widths" integer[] NOT NULL,
	"motion" text,
	"sha256" "bytea" NOT NULL,
	"bytes" bigint NOT NULL,
	"mime" "media_type" NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"frames" integer DEFAULT 1 NOT NULL,
	"thumbhash" "bytea" NOT NULL,
	"color" integer NOT NULL,
	"filename" text NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"alt" text DEFAULT '' NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"taken_source" "taken_source" NOT NULL,
	"taken_offset" smallint,
	"camera" text,
	"lens" text,
	"aperture" real,
	"exposure_time" double precision,
	"iso" integer,
	"focal_length" real,
	"latitude" double precision,
	"longitude" double precision,
	"altitude" real,
	"deleted_at" timestamp (3) with time zone,
	"purged_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "media_key_unique" UNIQUE("key"),
	CONSTRAINT "media_rendition_folder_unique" UNIQUE("rendition_folder"),
	CONSTRAINT "media_purged_after_deleted" CHECK ("media"."purged_at" is null or "media"."deleted_at" is not null),
	CONSTRAINT "media_size" CHECK ("media"."width" > 0 and "media"."height" > 0 and "media"."bytes" > 0)
);
--> statement-breakpoint
CREATE TABLE "media_months" (
	"owner_id" uuid NOT NULL,
	"visibility" "visibility" NOT NULL,
	"month" text NOT NULL,
	"count" integer NOT NULL,
	"ratio_sum" double precision NOT NULL,
	CONSTRAINT "media_months_owner_id_visibility_month_pk" PRIMARY KEY("owner_id","visibility","month")
);
--> statement-breakpoint
CREATE TABLE "purges" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"key" text NOT NULL,
	"reason" text NOT NULL,
	"media_id" uuid,
	"not_before" timestamp (3) with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp (3) with time zone,
	"last_error" text,
	"done_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"owner_id" uuid PRIMARY KEY NOT NULL,
	"limit_bytes" bigint DEFAULT 0 NOT NULL,
	"used_bytes" bigint DEFAULT 0 NOT NULL,
	"reserved_bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "quotas_not_negative" CHECK ("quotas"."used_bytes" >= 0 and "quotas"."reserved_bytes" >= 0 and "quotas"."limit_bytes" >= 0)
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"token" text NOT NULL,
	"user_id" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"state" "upload_state" DEFAULT 'issued' NOT NULL,
	"client_token" uuid NOT NULL,
	"staging_key" text NOT NULL,
	"final_key" text,
	"rendition_folder" text,
	"filename" text NOT NULL,
	"declared_mime" text NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" "bytea" NOT NULL,
	"file_modified_at" timestamp (3) with time zone,
	"policy_expires_at" timestamp (3) with time zone NOT NULL,
	"lease_token" uuid,
	"lease_until" timestamp (3) with time zone,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"reject_code" "reject_code",
	"media_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "uploads_staging_key_unique" UNIQUE("staging_key"),
	CONSTRAINT "uploads_final_key_unique" UNIQUE("final_key"),
	CONSTRAINT "uploads_rendition_folder_unique" UNIQUE("rendition_folder"),
	CONSTRAINT "uploads_client_token" UNIQUE("owner_id","client_token"),
	CONSTRAINT "uploads_reject_code" CHECK (("uploads"."state" = 'rejected') = ("uploads"."reject_code" is not null))
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"image" text,
	"role" "role" DEFAULT 'member' NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "verifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"identifier" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media" ADD CONSTRAINT "media_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quotas" ADD CONSTRAINT "quotas_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_user" ON "accounts" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "media_owner_sha256" ON "media" USING btree ("owner_id","sha256") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "media_public_timeline" ON "media" USING btree ("taken_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE deleted_at is null and visibility = 'public';--> statement-breakpoint
CREATE INDEX "media_owner_timeline" ON "media" USING btree ("owner_id","taken_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "media_added" ON "media" USING btree ("created_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "purges_open" ON "purges" USING btree ("not_before") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "purges_media" ON "purges" USING btree ("media_id") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "purges_key" ON "purges" USING btree ("key") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "uploads_owner_created" ON "uploads" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_created" ON "uploads" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_state_created" ON "uploads" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_issued_expiry" ON "uploads" USING btree ("policy_expires_at") WHERE state = 'issued';--> statement-breakpoint
CREATE INDEX "uploads_verifying_lease" ON "uploads" USING btree ("lease_until") WHERE state = 'verifying';--> statement-breakpoint
CREATE INDEX "verifications_identifier" ON "verifications" USING btree ("identifier");