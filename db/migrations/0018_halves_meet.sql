ALTER TABLE "halves" ADD COLUMN "clip_mime" "media_type";--> statement-breakpoint
ALTER TABLE "halves" ADD COLUMN "clip_filename" text;--> statement-breakpoint
ALTER TABLE "halves" ADD CONSTRAINT "halves_clip_whole" CHECK (num_nulls("halves"."clip_bytes", "halves"."clip_sha256", "halves"."clip_mime", "halves"."clip_filename") in (0, 4)
        and ("halves"."clip_key" is null or "halves"."clip_sha256" is not null));