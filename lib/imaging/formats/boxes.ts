/** The boxes of ISO/IEC 14496-12 and the items of 23008-12, which AVIF and HEIC are made of. No pixel is decoded. */
import { corrupt } from "../structure.ts";

export type Box = { type: string /** Offset in the file. */; at: number; data: Buffer };

const childrenMax = 10_000;

export function* boxes(parent: Buffer, offset = 0): Generator<Box> {
  let count = 0;
  for (let at = 0; at + 8 <= parent.length; ) {
    let length = parent.readUInt32BE(at);
    let head = 8;
    if (length === 1) {
      if (at + 16 > parent.length) throw corrupt("a box header is cut off");
      length = Number(parent.readBigUInt64BE(at + 8));
      head = 16;
    } else if (length === 0) length = parent.length - at;
    if (length < head || at + length > parent.length) throw corrupt("a box is longer than what holds it");
    count += 1;
    if (count > childrenMax) throw corrupt("too many boxes");
    const type = parent.toString("latin1", at + 4, at + 8);
    yield { type, at: offset + at + head, data: parent.subarray(at + head, at + length) };
    at += length;
  }
}

/** A reader of big-endian numbers that refuses to run past the end of its box. */
export class Cursor {
  readonly data: Buffer;
  at: number;
  constructor(data: Buffer, at = 0) {
    this.data = data;
    this.at = at;
  }
  uint(bytes: number): number {
    if (bytes === 0) return 0;
    const start = this.at;
    this.at += bytes;
    if (this.at > this.data.length) throw corrupt("a box is cut off");
    return bytes === 8 ? Number(this.data.readBigUInt64BE(start)) : this.data.readUIntBE(start, bytes);
  }
}

/** Four-letter types of the items, by their number. */
export function itemTypes(iinf: Buffer): Map<number, string> {
  const version = new Cursor(iinf).uint(1);
  const types = new Map<number, string>();
  for (const { type, data } of boxes(iinf.subarray(version === 0 ? 6 : 8))) {
    if (type !== "infe") continue;
    const cursor = new Cursor(data);
    const infeVersion = cursor.uint(4) >>> 24;
    if (infeVersion < 2) continue;
    const id = cursor.uint(infeVersion === 2 ? 2 : 4);
    cursor.at += 2;
    types.set(id, data.toString("latin1", cursor.at, cursor.at + 4));
  }
  return types;
}

export type Extent = {
  id: number /** 0: in the file, 1: in the idat box. */;
  method: number;
  offset: number;
  length: number;
};

export function* extents(iloc: Buffer): Generator<Extent> {
  const cursor = new Cursor(iloc);
  const version = cursor.uint(4) >>> 24;
  const sizes = cursor.uint(2);
  const [offsetSize, lengthSize, baseSize, indexSize] = [
    sizes >> 12,
    (sizes >> 8) & 15,
    (sizes >> 4) & 15,
    sizes & 15,
  ];
  if ([offsetSize, lengthSize, baseSize].some((size) => ![0, 4, 8].includes(size)))
    throw corrupt("odd number sizes");
  const items = cursor.uint(version < 2 ? 2 : 4);
  for (let item = 0; item < items; item++) {
    const id = cursor.uint(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : cursor.uint(2) & 15;
    cursor.at += 2;
    const base = cursor.uint(baseSize);
    const count = cursor.uint(2);
    for (let n = 0; n < count; n++) {
      if (version > 0) cursor.uint(indexSize);
      const offset = base + cursor.uint(offsetSize);
      yield { id, method, offset, length: cursor.uint(lengthSize) };
    }
  }
}

/** The children of the one meta box of the file. */
export function metaBoxes(original: Buffer): Map<string, Box> {
  for (const { type, at, data } of boxes(original)) {
    if (type !== "meta" || data.length < 4) continue;
    return new Map(Array.from(boxes(data.subarray(4), at + 4), (box) => [box.type, box]));
  }
  throw corrupt("no meta box");
}

/** Extents of items that are not pictures: EXIF and XMP. */
export function metadataExtents(meta: Map<string, Box>): (Extent & { exif: boolean })[] {
  const types = itemTypes(meta.get("iinf")?.data ?? Buffer.alloc(8));
  const iloc = meta.get("iloc")?.data;
  if (iloc === undefined) throw corrupt("no item locations");
  return Array.from(extents(iloc))
    .filter(({ id }) => ["Exif", "mime", "uri "].includes(types.get(id) ?? ""))
    .map((extent) => ({ ...extent, exif: types.get(extent.id) === "Exif" }));
}
