/** Videos: read where they lie, verified by their containers, shown by one of their pictures. Nothing is transcoded. */

export { patched, patchedWhole } from "./patch.ts";
export { type Poster, posterOf } from "./poster.ts";
export { readVideo, type Video } from "./read.ts";
