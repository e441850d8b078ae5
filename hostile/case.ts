/** One file that somebody might send, and what has to become of it. */
import type { RejectCode } from "#lib/media.ts";

/** What is stored of it: size as shown, after turning. */
export type Shown = { width: number; height: number; frames?: number; kind?: "picture" | "live" | "video" };

/** `settled`: nobody can say beforehand, but it comes to an end, and what is shown of it is whole. */
export type Expected = Shown | RejectCode | "settled";

export type Case = {
  name: string;
  bytes: () => Buffer | Promise<Buffer>;
  /** As a browser says it by the ending of the name; "" when it does not know. */
  declared: string;
  expected: Expected;
  /** How many bytes the browser says it has, of one that is wrong about that. */
  said?: (bytes: number) => number;
  /** Too slow or too large for every run of the tests. */
  long?: boolean;
};

/** Stands in every place where a file can say something, a position in the sea before Busan among it. */
export const secret = "TINTYPE-SECRET-7421";
