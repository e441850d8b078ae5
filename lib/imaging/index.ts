/** Originals are judged here and renditions made: the only folder that decodes a picture. */

export type { Source } from "./apart.ts";
export { lockDown } from "./codec.ts";
export {
  type DecoderLimits,
  derive,
  deriveStill,
  fullJpeg,
  identify,
  posterOf,
  startDecoders,
} from "./decoders.ts";
export type { Derivation, Rendition } from "./derive.ts";
export { type Facts, readFacts } from "./facts.ts";
export type { Identity } from "./identify.ts";
export { DecoderLost, DecoderMissing } from "./lost.ts";
export { Rejection } from "./rejection.ts";
export { sniffVideo } from "./sniff.ts";
export { withoutMetadata } from "./strip.ts";
export { patched, readVideo, type Video } from "./video/index.ts";
