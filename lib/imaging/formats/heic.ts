/** HEIC: what its boxes say of the one picture that is shown, before anything is decoded. */
import { Rejection } from "../rejection.ts";
import { corrupt, type Structure } from "../structure.ts";
import { type Box, boxes, Cursor, itemTypes, metaBoxes, metadataExtents } from "./boxes.ts";

export type Heic = Structure & {
  /** As shown, after cropping and turning. */
  shown: { width: number; height: number };
  profile: Buffer | undefined;
  /** The colours are Display P3's although no profile says so. */
  wide: boolean;
};

/** Pictures made of HEVC: one, or a grid, an overlay or a turned copy of others. */
const codings = ["hvc1", "grid", "iovl", "iden"];
/** SMPTE EG 432-1, the primaries of Display P3, as ISO/IEC 23091-2 numbers them. */
const p3Primaries = 12;

/** The properties of one item, in the order in which a reader applies them. */
function propertiesOf(meta: Map<string, Box>, item: number): Box[] {
  const parts = new Map(
    Array.from(boxes(meta.get("iprp")?.data ?? Buffer.alloc(0)), (box) => [box.type, box.data]),
  );
  const all = Array.from(boxes(parts.get("ipco") ?? Buffer.alloc(0)));
  const cursor = new Cursor(parts.get("ipma") ?? Buffer.alloc(8));
  const head = cursor.uint(4);
  const long = (head & 1) === 1;
  const entries = cursor.uint(4);
  for (let entry = 0; entry < entries; entry++) {
    const id = cursor.uint(head >>> 24 === 0 ? 2 : 4);
    const found = Array.from({ length: cursor.uint(1) }, () => cursor.uint(long ? 2 : 1));
    if (id !== item) continue;
    return found.flatMap((number) => all[(number & (long ? 0x7fff : 0x7f)) - 1] ?? []);
  }
  return [];
}

/** Whole pixels of a clean aperture's side: two fractions, of which a hostile one may be anything. */
function fraction(cursor: Cursor, most: number): number {
  const over = cursor.uint(4);
  const under = cursor.uint(4);
  const side = Math.round(over / under);
  return side >= 1 && side <= most ? side : most;
}

function primaryItem(meta: Map<string, Box>): number {
  const cursor = new Cursor(meta.get("pitm")?.data ?? Buffer.alloc(0));
  return cursor.uint(cursor.uint(4) >>> 24 === 0 ? 2 : 4);
}

type Shape = Pick<Heic, "shown" | "profile" | "wide" | "deep">;

function shapeOf(properties: Box[]): Shape {
  const shape: Shape = { shown: { width: 0, height: 0 }, profile: undefined, wide: false, deep: false };
  for (const { type, data } of properties) {
    const { width, height } = shape.shown;
    if (type === "ispe") {
      const cursor = new Cursor(data, 4);
      shape.shown = { width: cursor.uint(4), height: cursor.uint(4) };
    } else if (type === "clap") {
      const cursor = new Cursor(data);
      shape.shown = { width: fraction(cursor, width), height: fraction(cursor, height) };
    } else if (type === "irot" && ((data[0] ?? 0) & 1) === 1) shape.shown = { width: height, height: width };
    else if (type === "pixi") shape.deep ||= data.subarray(5).some((bits) => bits > 8);
    else if (type === "colr" && data.toString("latin1", 0, 4) === "nclx")
      shape.wide ||= new Cursor(data, 4).uint(2) === p3Primaries;
    else if (type === "colr" && /^(prof|rICC)/.test(data.toString("latin1", 0, 4)))
      shape.profile = data.subarray(4);
  }
  return shape;
}

/** The largest side of every picture in the file: what a hostile grid may make a decoder reserve. */
function largest(meta: Map<string, Box>): { width: number; height: number; profileBytes: number } {
  const found = { width: 0, height: 0, profileBytes: 0 };
  for (const { type, data: parts } of boxes(meta.get("iprp")?.data ?? Buffer.alloc(0))) {
    if (type !== "ipco") continue;
    for (const { type, data } of boxes(parts)) {
      if (type === "colr") found.profileBytes += data.length;
      if (type !== "ispe") continue;
      const cursor = new Cursor(data, 4);
      found.width = Math.max(found.width, cursor.uint(4));
      found.height = Math.max(found.height, cursor.uint(4));
    }
  }
  return found;
}

/** Throws Rejection unsupported_type (a sequence, or a picture in another coding) or corrupt. */
export function readHeic(original: Buffer): Heic {
  const meta = metaBoxes(original);
  const item = primaryItem(meta);
  const coding = itemTypes(meta.get("iinf")?.data ?? Buffer.alloc(8)).get(item);
  if (coding === undefined) throw corrupt("no primary picture");
  if (!codings.includes(coding)) throw new Rejection("unsupported_type", `a HEIF picture of ${coding}`);
  let exifBytes = 0;
  let xmpBytes = 0;
  for (const { exif, length } of metadataExtents(meta)) {
    if (exif) exifBytes += length;
    else xmpBytes += length;
  }
  const shape = shapeOf(propertiesOf(meta, item));
  if (shape.shown.width < 1 || shape.shown.height < 1) throw corrupt("a picture without a size");
  return { ...largest(meta), ...shape, frames: 1, wholeFrame: true, exifBytes, xmpBytes };
}

/** Its EXIF as a TIFF block, as far as it lies in one piece; undefined when it has none. */
export function exifOf(original: Buffer): Buffer | undefined {
  const found = metadataExtents(metaBoxes(original)).find(({ exif, method }) => exif && method === 0);
  if (found === undefined) return undefined;
  const data = original.subarray(found.offset, found.offset + found.length);
  return data.length < 12 ? undefined : data.subarray(4 + data.readUInt32BE(0));
}
