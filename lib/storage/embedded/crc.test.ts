import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { crc32cDigest, crc32Digest, crc64nvmeDigest, type Digest, joinedCrc } from "./crc.ts";

const kinds = [
  ["crc32", crc32Digest],
  ["crc32c", crc32cDigest],
  ["crc64nvme", crc64nvmeDigest],
] as const;

const of = (make: () => Digest, data: Buffer): Buffer => {
  const digest = make();
  digest.update(data);
  return digest.value();
};

describe("cyclic checksums", () => {
  for (const [name, make] of kinds) {
    it(`${name} of the parts joins to that of the whole, whatever their lengths`, () => {
      for (const lengths of [[1], [0, 5], [5, 0, 7], [100_000, 100_000, 3], [1, 2, 3, 4, 5], [65_537, 1]]) {
        const parts = lengths.map((length) => randomBytes(length));
        const joined = joinedCrc(
          name,
          parts.map((part) => ({ value: of(make, part), bytes: part.length })),
        );
        assert.ok(joined.equals(of(make, Buffer.concat(parts))), lengths.join());
      }
    });
  }
});
