import { startClock } from "../clock.ts";
import { openOriginal } from "../codec.ts";
import type { Decoded } from "../heic/decode.ts";
import { identify } from "../identify.ts";
import { Rejection } from "../rejection.ts";
import { verdict } from "../verdict.ts";

/** Judged and decoded as an AVIF that somebody sent; one that is none leaves the video without a picture of its own. */
export async function avifPoster(
  avif: Buffer,
  { width, height }: { width: number; height: number },
): Promise<Decoded | undefined> {
  const clock = startClock();
  try {
    await identify(avif, "image/avif");
    const data = await openOriginal(avif)
      .timeout(clock.left())
      .resize(width, height, { fit: "fill" })
      .toColourspace("srgb")
      .flatten({ background: "#000" })
      .raw({ depth: "uchar" })
      .toBuffer();
    return { data, width, height, channels: 3 };
  } catch (cause) {
    if (verdict(clock.judge(cause)) instanceof Rejection) return undefined;
    throw cause;
  }
}
