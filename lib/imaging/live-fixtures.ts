/** The two files that an iPhone stores a Live Photo as, for the tests. */
import { appleNote, corners, exifBlock, exifSegment, withSegments } from "./fixtures.ts";
import { heic } from "./heic/fixtures.ts";
import { video } from "./video/fixtures.ts";

export type LivePlan = {
  /** What both are known by. */
  contentId: string;
  format?: "heic" | "jpeg";
  /** Milliseconds that the clip lasts. */
  duration?: number;
  /** Where the clip says it was made, as ISO 6709 has it. */
  place?: string;
};

/** The same for both formats: red, green, blue, white in its corners, 96 × 64. */
export async function liveStill({ contentId, format = "heic" }: LivePlan): Promise<Buffer> {
  const exif = exifBlock(
    { 271: [2, "Apple"], 272: [2, "iPhone 15 Pro"] },
    { 36867: [2, "2026:07:01 12:00:00"], 36881: [2, "+09:00"], 37500: [7, appleNote(contentId)] },
  );
  return format === "heic"
    ? heic({ exif })
    : withSegments(await corners().jpeg({ quality: 95 }).toBuffer(), exifSegment(exif));
}

export const liveClip = ({
  contentId,
  duration = 2_000,
  place = "+37.5512+126.9882/",
}: LivePlan): Promise<Buffer> =>
  video({
    format: "mov",
    duration,
    keys: {
      "com.apple.quicktime.content.identifier": contentId,
      "com.apple.quicktime.location.ISO6709": place,
      "com.apple.quicktime.creationdate": "2026-07-01T12:00:00+0900",
    },
  });
