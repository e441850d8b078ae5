import assert from "node:assert/strict";
import { it } from "node:test";
import { Meter, promisedBy } from "./checksums.ts";
import { S3Error } from "./s3-error.ts";

/** The check value that every description of a CRC gives, and the SHA digests: all over "123456789". */
const known = {
  crc32: "cbf43926",
  crc32c: "e3069283",
  crc64nvme: "ae8b14860a799888",
  sha1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
};

for (const [name, hex] of Object.entries(known)) {
  const finish = (text: string): void => {
    const promised = promisedBy(
      new Map([[`x-amz-checksum-${name}`, Buffer.from(hex, "hex").toString("base64")]]),
    );
    const meter = new Meter(promised);
    meter.update(Buffer.from(text.slice(0, 4)));
    meter.update(Buffer.from(text.slice(4)));
    meter.finish(promised);
  };
  it(`knows ${name} and refuses bytes that do not fit it`, () => {
    finish("123456789");
    assert.throws(() => finish("123456780"), S3Error);
  });
}

it("refuses a trailer that was announced and never came", () => {
  const promised = promisedBy(new Map([["x-amz-trailer", "x-amz-checksum-crc32"]]));
  assert.throws(() => new Meter(promised).finish(promised), S3Error);
});

it("refuses digests of the wrong length and trailers it does not know", () => {
  for (const [name, value] of [
    ["content-md5", "abc"],
    ["x-amz-checksum-crc32", "AAAAAAAA"],
    ["x-amz-checksum-sha256", ""],
    ["x-amz-trailer", "x-amz-checksum-md4"],
  ] as const)
    assert.throws(() => promisedBy(new Map([[name, value]])), S3Error);
});
