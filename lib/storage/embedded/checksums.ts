/** The digests that S3 knows, computed while a body passes by and compared at its end. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { S3Error } from "./s3-error.ts";

type Digest = { update(data: Buffer): void; value(): Buffer };

const reflectedTable = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });
/** Castagnoli, reflected. */
const crc32cTable = reflectedTable(0x82f63b78);

/** NVMe's CRC-64 (0xad93d23594c93659, reflected), kept as two halves: BigInt is forty times slower here. */
const crc64Table = ((): { high: Uint32Array; low: Uint32Array } => {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let [h, l] = [0, index];
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h >>>= 1;
      if (odd) [h, l] = [(h ^ 0x9a6c9329) >>> 0, (l ^ 0xac4bc9b5) >>> 0];
    }
    high[index] = h;
    low[index] = l;
  }
  return { high, low };
})();

const fromInteger = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

function crc32Digest(): Digest {
  let value = 0;
  return {
    update(data) {
      value = crc32(data, value);
    },
    value: () => fromInteger(value),
  };
}

function crc32cDigest(): Digest {
  let value = 0xffffffff;
  return {
    update(data) {
      for (const byte of data) value = (crc32cTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    },
    value: () => fromInteger(~value),
  };
}

function crc64nvmeDigest(): Digest {
  let [high, low] = [0xffffffff, 0xffffffff];
  return {
    update(data) {
      for (const byte of data) {
        const index = (low ^ byte) & 0xff;
        const nextLow = ((low >>> 8) | (high << 24)) ^ (crc64Table.low[index] ?? 0);
        high = (high >>> 8) ^ (crc64Table.high[index] ?? 0);
        low = nextLow;
      }
    },
    value: () => Buffer.concat([fromInteger(~high), fromInteger(~low)]),
  };
}

const hashDigest = (name: string): Digest => {
  const hash = createHash(name);
  return { update: (data) => void hash.update(data), value: () => hash.digest() };
};

const digests = {
  crc32: crc32Digest,
  crc32c: crc32cDigest,
  crc64nvme: crc64nvmeDigest,
  sha1: () => hashDigest("sha1"),
  sha256: () => hashDigest("sha256"),
} satisfies Record<string, () => Digest>;

export type ChecksumName = keyof typeof digests;
export const checksumNames = Object.keys(digests).filter((name): name is ChecksumName => name in digests);
const checksumBytes: Record<ChecksumName, number> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
};

/** What the sender says about a body. */
export type Promised = {
  /** Content-MD5, base64. */
  md5?: string;
  /** x-amz-content-sha256, hexadecimal. */
  payload?: string;
  /** x-amz-checksum-*, base64; undefined as long as it is announced for the trailer. */
  checksums: Map<ChecksumName, string | undefined>;
};

export const isChecksumName = (name: string): name is ChecksumName => name in digests;

/** Refuses a digest that is not base64 of the right length. */
export function checkedDigest(name: string, value: string, bytes: number): string {
  if (Buffer.from(value, "base64").length !== bytes)
    throw new S3Error(
      name === "Content-MD5" ? "InvalidDigest" : "InvalidRequest",
      `The ${name} you specified is not valid.`,
    );
  return value;
}

/** Reads what a list of headers (or form fields, or trailers) promises about the body. */
export function promisedBy(headers: Map<string, string>): Promised {
  const checksums: Promised["checksums"] = new Map();
  for (const name of checksumNames) {
    const value = headers.get(`x-amz-checksum-${name}`);
    if (value !== undefined)
      checksums.set(name, checkedDigest(`x-amz-checksum-${name}`, value, checksumBytes[name]));
  }
  const announced = headers.get("x-amz-trailer");
  for (const name of announced?.toLowerCase().split(",") ?? []) {
    const checksum = name.trim().replace(/^x-amz-checksum-/, "");
    if (!isChecksumName(checksum))
      throw new S3Error("InvalidRequest", `The trailer ${name} is not supported.`);
    checksums.set(checksum, undefined);
  }
  const md5 = headers.get("content-md5");
  return { checksums, ...(md5 === undefined ? {} : { md5: checkedDigest("Content-MD5", md5, 16) }) };
}

export type Measured = { bytes: number; md5: Buffer; sha256: Buffer };

/** Measures a body piece by piece. MD5 for the ETag and SHA-256 always, the rest only when someone promised it. */
export class Meter {
  #bytes = 0;
  #md5 = createHash("md5");
  #sha256 = createHash("sha256");
  #others = new Map<ChecksumName, Digest>();

  constructor(promised: Promised) {
    for (const name of promised.checksums.keys())
      if (name !== "sha256") this.#others.set(name, digests[name]());
  }

  update(data: Buffer): void {
    this.#bytes += data.length;
    this.#md5.update(data);
    this.#sha256.update(data);
    for (const digest of this.#others.values()) digest.update(data);
  }

  /** Compares with what was promised. Refuses with BadDigest or XAmzContentSHA256Mismatch. */
  finish(promised: Promised): Measured {
    const md5 = this.#md5.digest();
    const sha256 = this.#sha256.digest();
    if (promised.payload !== undefined && promised.payload !== sha256.toString("hex"))
      throw new S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    if (promised.md5 !== undefined && promised.md5 !== md5.toString("base64"))
      throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
    for (const [name, value] of promised.checksums) {
      const computed = name === "sha256" ? sha256 : this.#others.get(name)?.value();
      if (value === undefined || computed?.toString("base64") !== value)
        throw new S3Error(
          "BadDigest",
          `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
        );
    }
    return { bytes: this.#bytes, md5, sha256 };
  }
}
