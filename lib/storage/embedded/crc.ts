/** The cyclic checksums of S3, computed piece by piece and joined without the bytes. */
import { crc32 } from "node:zlib";

export type Digest = { update(data: Buffer): void; value(): Buffer };

/** Reflected polynomials: IEEE, Castagnoli, and NVMe's with 64 bits. */
const polynomials = { crc32: 0xedb88320n, crc32c: 0x82f63b78n, crc64nvme: 0x9a6c9329ac4bc9b5n };
export type CrcName = keyof typeof polynomials;

const reflectedTable = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });
const crc32cTable = reflectedTable(Number(polynomials.crc32c));

/** As two halves: BigInt is forty times slower here. */
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

export function crc32Digest(): Digest {
  let value = 0;
  return {
    update(data) {
      value = crc32(data, value);
    },
    value: () => fromInteger(value),
  };
}

export function crc32cDigest(): Digest {
  let value = 0xffffffff;
  return {
    update(data) {
      for (const byte of data) value = (crc32cTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    },
    value: () => fromInteger(~value),
  };
}

export function crc64nvmeDigest(): Digest {
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

/** What some zero bytes do to a checksum, as a matrix over GF(2): one column for each of its bits. */
type Matrix = bigint[];

function times(matrix: Matrix, vector: bigint): bigint {
  let sum = 0n;
  for (let bit = 0, rest = vector; rest > 0n; bit++, rest >>= 1n) if (rest & 1n) sum ^= matrix[bit] ?? 0n;
  return sum;
}
const product = (a: Matrix, b: Matrix): Matrix => b.map((column) => times(a, column));

function zeros(name: CrcName, bytes: number): Matrix {
  const width = name === "crc64nvme" ? 64 : 32;
  let result: Matrix = Array.from({ length: width }, (_, bit) => 1n << BigInt(bit));
  let base: Matrix = result.map((_, bit) => (bit === 0 ? polynomials[name] : 1n << BigInt(bit - 1)));
  for (let left = BigInt(bytes) * 8n; left > 0n; left >>= 1n) {
    if (left & 1n) result = product(base, result);
    base = product(base, base);
  }
  return result;
}

const integerOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);

/** The checksum of all parts in one from the checksum of each and its length, as zlib's crc32_combine does. */
export function joinedCrc(name: CrcName, parts: readonly { value: Buffer; bytes: number }[]): Buffer {
  // Nearly all parts of an upload are of one length, and a matrix takes some milliseconds.
  const matrices = new Map<number, Matrix>();
  let joined = 0n;
  for (const { value, bytes } of parts) {
    const matrix = matrices.get(bytes) ?? zeros(name, bytes);
    matrices.set(bytes, matrix);
    joined = times(matrix, joined) ^ integerOf(value);
  }
  return Buffer.from(joined.toString(16).padStart(name === "crc64nvme" ? 16 : 8, "0"), "hex");
}
