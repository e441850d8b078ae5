CREATE TYPE "public"."transport" AS ENUM('post', 'put', 'multipart');--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "transport" "transport" DEFAULT 'post' NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "multipart_id" text;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "in_place" boolean DEFAULT false NOT NULL;