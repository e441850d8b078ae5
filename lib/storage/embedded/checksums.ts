/** The digests that S3 knows, computed while a body passes by and compared at its end. */
import { createHash, type Hash } from "node:crypto";
import { type CrcName, crc32cDigest, crc32Digest, crc64nvmeDigest, type Digest, joinedCrc } from "./crc.ts";
import { S3Error } from "./s3-error.ts";

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
  if (checksums.size > 1)
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  if (headers.has("x-amz-sdk-checksum-algorithm") && checksums.size === 0)
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  const md5 = headers.get("content-md5");
  return { checksums, ...(md5 === undefined ? {} : { md5: checkedDigest("Content-MD5", md5, 16) }) };
}

/** Nothing is said about the body: it comes from this store itself. */
export const nothingPromised = (): Promised => ({ checksums: new Map() });

/** A checksum that stays with an object. COMPOSITE is one of the checksums of its parts. */
export type Checksum = { algorithm: ChecksumName; type: "FULL_OBJECT" | "COMPOSITE"; value: string };

/** The name S3's documents give it: ChecksumCRC64NVME. */
export const checksumElement = (algorithm: ChecksumName): string => `Checksum${algorithm.toUpperCase()}`;

/** The headers that tell it. */
export const checksumHeaders = (checksum: Checksum | undefined): Record<string, string> =>
  checksum === undefined
    ? {}
    : {
        [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
        "x-amz-checksum-type": checksum.type,
      };

/** The elements that tell it in a document. */
export const checksumElements = (checksum: Checksum | undefined): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type };

const crcNames: readonly string[] = ["crc32", "crc32c", "crc64nvme"] satisfies CrcName[];
const isCrc = (name: ChecksumName): name is ChecksumName & CrcName => crcNames.includes(name);

/**
 * Which algorithm an upload in parts was begun with (x-amz-checksum-algorithm, x-amz-checksum-type). Refuses with
 * InvalidRequest those pairs that S3 refuses.
 */
export function checksumKind(headers: Map<string, string>): Pick<Checksum, "algorithm" | "type"> | undefined {
  const name = headers.get("x-amz-checksum-algorithm")?.toLowerCase();
  if (name === undefined) return undefined;
  if (!isChecksumName(name))
    throw new S3Error(
      "InvalidRequest",
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== "COMPOSITE" && type !== "FULL_OBJECT")
    throw new S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  const usual = name === "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";
  if ((name === "crc64nvme" && type === "COMPOSITE") || (!isCrc(name) && type === "FULL_OBJECT"))
    throw new S3Error(
      "InvalidRequest",
      `The ${type} checksum type cannot be used with the ${name} checksum algorithm.`,
    );
  return { algorithm: name, type: type ?? usual };
}

/** The checksum of an object made of parts; undefined when one of them was stored without. */
export function checksumOfParts(
  kind: Pick<Checksum, "algorithm" | "type"> | undefined,
  parts: readonly { checksum: string | undefined; bytes: number }[],
): Checksum | undefined {
  if (kind === undefined) return undefined;
  const values = parts.flatMap(({ checksum, bytes }) =>
    checksum === undefined ? [] : [{ value: Buffer.from(checksum, "base64"), bytes }],
  );
  if (values.length < parts.length) return undefined;
  if (kind.type === "FULL_OBJECT" && isCrc(kind.algorithm))
    return { ...kind, value: joinedCrc(kind.algorithm, values).toString("base64") };
  const digest = digests[kind.algorithm]();
  for (const { value } of values) digest.update(value);
  return { ...kind, value: `${digest.value().toString("base64")}-${parts.length}` };
}

export type Measured = { bytes: number; md5: Buffer; checksums: Map<ChecksumName, string> };

/** Measures a body piece by piece: MD5 for the ETag, and whatever was promised or is wanted beside it. */
export class Meter {
  #bytes = 0;
  #md5: Hash | undefined;
  #payload: Digest | undefined;
  #others = new Map<ChecksumName, Digest>();

  /** Without `md5` somebody else computes it and gives it to `finish`. */
  constructor(promised: Promised, wanted: readonly ChecksumName[] = [], md5 = true) {
    if (md5) this.#md5 = createHash("md5");
    for (const name of [...promised.checksums.keys(), ...wanted])
      if (!this.#others.has(name)) this.#others.set(name, digests[name]());
    if (promised.payload !== undefined) this.#payload = this.#others.get("sha256") ?? digests.sha256();
  }

  update(data: Buffer): void {
    this.#bytes += data.length;
    this.#md5?.update(data);
    for (const digest of this.#others.values()) digest.update(data);
    if (this.#payload !== undefined && this.#payload !== this.#others.get("sha256"))
      this.#payload.update(data);
  }

  /** Compares with what was promised. Refuses with BadDigest or XAmzContentSHA256Mismatch. */
  finish(promised: Promised, md5Elsewhere: Buffer = Buffer.alloc(0)): Measured {
    const md5 = this.#md5?.digest() ?? md5Elsewhere;
    const values = new Map([...this.#others].map(([name, digest]) => [name, digest.value()]));
    const payload = values.get("sha256") ?? this.#payload?.value();
    if (promised.payload !== undefined && promised.payload !== payload?.toString("hex"))
      throw new S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    if (promised.md5 !== undefined && promised.md5 !== md5.toString("base64"))
      throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
    const checksums = new Map([...values].map(([name, value]) => [name, value.toString("base64")]));
    for (const [name, value] of promised.checksums) {
      if (value === undefined || checksums.get(name) !== value)
        throw new S3Error(
          "BadDigest",
          `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
        );
    }
    return { bytes: this.#bytes, md5, checksums };
  }
}
