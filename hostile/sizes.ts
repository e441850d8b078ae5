/** Nothing, hardly anything, and more than may be: of a bucket that let through what its form forbids. */
import { settings } from "#lib/env.ts";
import type { Case } from "./case.ts";
import { original } from "./originals.ts";

const jpeg = async (): Promise<Buffer> => (await original("jpeg")).bytes;

const common = { declared: "image/jpeg", expected: "size_mismatch" } as const;

export const sizes: Case[] = [
  { ...common, name: "nothing at all, said to be a byte", bytes: () => Buffer.alloc(0), said: () => 1 },
  { ...common, name: "one byte", bytes: () => Buffer.alloc(1), expected: "not_an_image" },
  {
    ...common,
    name: "a byte more than was said",
    bytes: async () => Buffer.concat([await jpeg(), Buffer.alloc(1)]),
    said: (bytes) => bytes - 1,
  },
  { ...common, name: "a byte less than was said", bytes: jpeg, said: (bytes) => bytes + 1 },
  {
    ...common,
    name: "a byte more than may be",
    bytes: async () =>
      Buffer.concat([await jpeg(), Buffer.alloc(settings().uploads.bytesMax + 1)]).subarray(
        0,
        settings().uploads.bytesMax + 1,
      ),
    said: (bytes) => bytes - 1,
    long: true,
  },
];
