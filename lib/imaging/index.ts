/** Originals are judged here and renditions made: the only folder that decodes a picture. */
export { lockDown } from "./codec.ts";
export { type Derivation, derive, type Rendition } from "./derive.ts";
export { type Facts, readFacts } from "./facts.ts";
export { type Identity, identify } from "./identify.ts";
export { Rejection } from "./rejection.ts";
export { withoutMetadata } from "./strip.ts";
