/** Damage by chance that repeats itself: the same seed breaks the same file in the same places. */
import { crc32 } from "node:zlib";
import { Random } from "../faults/random.ts";
import type { Case } from "./case.ts";
import { originals } from "./originals.ts";

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Damage = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const place = (bytes: Buffer, random: Random): number => random.int(0, Math.max(0, bytes.length - 1));
const piece = (bytes: Buffer, random: Random): [number, number] => {
  const from = place(bytes, random);
  return [from, Math.min(bytes.length, from + random.int(1, random.pick([4, 16, 64, 300])))];
};

const damages: Record<string, Damage> = {
  flip: (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let n = random.int(1, 12); n > 0; n--) {
      const at = place(out, random);
      out[at] = (out[at] ?? 0) ^ (1 << random.int(0, 7));
    }
    return out;
  },
  /** Where formats keep their numbers. */
  flipHead: (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let n = random.int(1, 6); n > 0; n--)
      out[random.int(0, Math.min(out.length, 200) - 1)] = random.int(0, 255);
    return out;
  },
  number: (bytes, random) => {
    const out = Buffer.from(bytes);
    const size = random.pick([1, 2, 4] as const);
    const value = random.pick(interesting) % 2 ** (8 * size);
    const at = random.int(0, Math.max(0, out.length - size));
    if (random.chance(0.5)) out.writeUIntBE(value, at, size);
    else out.writeUIntLE(value, at, size);
    return out;
  },
  cut: (bytes, random) => bytes.subarray(0, place(bytes, random)),
  remove: (bytes, random) => {
    const [from, to] = piece(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  repeat: (bytes, random) => {
    const [from, to] = piece(bytes, random);
    const part = bytes.subarray(from, to);
    return Buffer.concat([
      bytes.subarray(0, to),
      ...Array.from({ length: random.int(1, 200) }, () => part),
      bytes.subarray(to),
    ]);
  },
  zeros: (bytes, random) => {
    const [from, to] = piece(bytes, random);
    const out = Buffer.from(bytes);
    return out.fill(random.pick([0, 0xff]), from, to);
  },
  insert: (bytes, random) => {
    const at = place(bytes, random);
    const noise = Buffer.from(Array.from({ length: random.int(1, 64) }, () => random.int(0, 255)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  splice: (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]),
};

/** The checksums of a PNG put right, so that what is broken is read and not only refused. */
function healed(png: Buffer): Buffer {
  const out = Buffer.from(png);
  for (let at = 8; at + 12 <= out.length; ) {
    const end = at + 8 + out.readUInt32BE(at);
    if (end + 4 > out.length) break;
    out.writeUInt32BE(crc32(out.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return out;
}

/** One damaged file. What is a process of its own for each costs a hundred times more, and comes less often. */
export async function fuzzed(seed: number): Promise<Case> {
  const random = new Random(seed);
  const all = await originals();
  const slow = (kind: string): boolean => /^(heic|mp4|mov|webm)/.test(kind);
  const common = all.filter(({ kind }) => !slow(kind));
  const rare = all.filter(({ kind }) => slow(kind));
  const chosen = random.pick(random.chance(0.25) ? rare : common);
  const other = random.pick(all);
  const names: string[] = [];
  let bytes = chosen.bytes;
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) {
    const name = random.pick(Object.keys(damages));
    names.push(name);
    bytes = damages[name]?.(bytes, random, other.bytes) ?? bytes;
    if (bytes.length < 4) bytes = Buffer.concat([bytes, Buffer.alloc(4)]);
  }
  if (chosen.mime === "image/png" && random.chance(0.8)) bytes = healed(bytes);
  const declared = random.chance(0.9) ? chosen.mime : random.pick([other.mime, ""]);
  return {
    name: `seed ${seed}: ${chosen.kind}, ${names.join(" and ")}${declared === chosen.mime ? "" : `, called ${declared || "nothing"}`}`,
    bytes: () => bytes,
    declared,
    expected: "settled",
  };
}
