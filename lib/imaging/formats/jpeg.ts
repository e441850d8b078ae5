/** JPEG: a walk over its segments. ITU-T T.81 annex B; EXIF, XMP, ICC and Adobe segments by their signatures. */
import { Rejection } from "../rejection.ts";
import { corrupt, type Structure } from "../structure.ts";
import { orientationIn, orientationOnly } from "../tiff.ts";

const marker = { rst0: 0xd0, soi: 0xd8, eoi: 0xd9, sos: 0xda, tem: 0x01, com: 0xfe } as const;
const app = (n: number): number => 0xe0 + n;
/** DHT, JPG and DAC share the range of the frame headers. */
const isFrameHeader = (code: number): boolean =>
  code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
const isBare = (code: number): boolean => code === marker.tem || (code >= marker.rst0 && code <= marker.eoi);

const signature = {
  exif: "Exif\0\0",
  xmp: "http://ns.adobe.com/xap/1.0/\0",
  extendedXmp: "http://ns.adobe.com/xmp/extension/\0",
  icc: "ICC_PROFILE\0",
  jfif: "JFIF\0",
  adobe: "Adobe",
};

type Segment = { code: number /** Of the 0xff of the marker. */; start: number; data: Buffer; end: number };

const startsWith = (data: Buffer, text: string): boolean => data.toString("latin1", 0, text.length) === text;

/** The marker at or after `at`, or the end of the scan data that lies before it. */
function segmentAt(original: Buffer, at: number): Segment {
  let start = at;
  if (original[start] !== 0xff) throw corrupt(`no marker at byte ${start}`);
  while (original[start + 1] === 0xff) start += 1;
  const code = original[start + 1];
  if (code === undefined || code === 0) throw corrupt("the header ends too early");
  if (isBare(code)) return { code, start, data: Buffer.alloc(0), end: start + 2 };
  if (start + 4 > original.length) throw corrupt("the header ends too early");
  const length = original.readUInt16BE(start + 2);
  const end = start + 2 + length;
  if (length < 2 || end > original.length) throw corrupt("a segment is longer than the file");
  return { code, start, data: original.subarray(start + 4, end), end };
}

/** Cameras and programs write about ten. Each is a walk over all pixels, in which a decoder cannot be interrupted. */
const scansMax = 100;

/** Throws Rejection took_too_long for more scans than any program writes, without decoding them. */
function checkScans(original: Buffer): void {
  let count = 0;
  for (let at = 2; at < original.length; ) {
    const { code, end } = segmentAt(original, at);
    if (code === marker.eoi) return;
    at = code === marker.sos ? scanEnd(original, end) : end;
    if (code === marker.sos) count += 1;
    if (count > scansMax) throw new Rejection("took_too_long", `more than ${scansMax} scans`);
  }
}

/** Every segment up to and including the first start of scan. */
function* header(original: Buffer): Generator<Segment> {
  for (let at = 2; ; ) {
    const segment = segmentAt(original, at);
    yield segment;
    if (segment.code === marker.sos) return;
    if (segment.code === marker.eoi) throw corrupt("no picture before the end");
    at = segment.end;
  }
}

export function readJpeg(original: Buffer): Structure {
  const found: Structure = {
    width: 0,
    height: 0,
    frames: 1,
    wholeFrame: false,
    deep: false,
    profileBytes: 0,
    exifBytes: 0,
    xmpBytes: 0,
  };
  for (const { code, data } of header(original)) {
    if (isFrameHeader(code)) {
      if (data.length < 6) throw corrupt("the frame header is too short");
      found.height = data.readUInt16BE(1);
      found.width = data.readUInt16BE(3);
      found.wholeFrame = [0xc2, 0xc6, 0xca, 0xce].includes(code);
    } else if (code === app(2) && startsWith(data, signature.icc)) found.profileBytes += data.length;
    else if (code === app(1) && startsWith(data, "http://ns.adobe.com/x")) found.xmpBytes += data.length;
    else if (code === app(1) || code === app(13) || code === marker.com) found.exifBytes += data.length;
  }
  checkScans(original);
  return found;
}

/** Where the scan data that starts at `at` ends: at the next marker that is neither stuffing nor a restart. */
function scanEnd(original: Buffer, at: number): number {
  for (let next = original.indexOf(0xff, at); next !== -1; next = original.indexOf(0xff, next + 1)) {
    const code = original[next + 1];
    if (code === undefined) break;
    if (code !== 0 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)) return next;
  }
  return original.length;
}

const segment = (code: number, data: Buffer): Buffer => {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
};

/** A JFIF header without its thumbnail, which may show what was cropped away. */
const plainJfif = (data: Buffer): Buffer => {
  const plain = Buffer.from(data.subarray(0, 14));
  plain.fill(0, 12);
  return plain;
};

/** The same picture, byte for byte in its scans; of the rest only the profile, Adobe's colour flag and the orientation. */
export function stripJpeg(original: Buffer): Buffer {
  const kept: Buffer[] = [original.subarray(0, 2)];
  let orientation = 1;
  const body: Buffer[] = [];
  for (let at = 2; at < original.length; ) {
    const found = segmentAt(original, at);
    const { code, data, start, end } = found;
    at = end;
    if (code === marker.sos) {
      at = scanEnd(original, end);
      body.push(original.subarray(start, at));
    } else if (code === marker.eoi) break;
    else if (code === app(0) && startsWith(data, signature.jfif) && data.length >= 14)
      kept.push(segment(code, plainJfif(data)));
    else if (code === app(1) && startsWith(data, signature.exif)) {
      if (orientation === 1) orientation = orientationIn(data.subarray(signature.exif.length));
    } else if (code === app(2) && startsWith(data, signature.icc)) body.push(original.subarray(start, end));
    else if (code === app(14) && startsWith(data, signature.adobe)) body.push(original.subarray(start, end));
    else if ((code < app(0) || code > app(15)) && code !== marker.com)
      body.push(original.subarray(start, end));
  }
  if (orientation !== 1)
    kept.push(
      segment(app(1), Buffer.concat([Buffer.from(signature.exif, "latin1"), orientationOnly(orientation)])),
    );
  return Buffer.concat([...kept, ...body, Buffer.from([0xff, marker.eoi])]);
}

const segmentBytesMax = 0xffff;
const orientationTag = 0x0112;
const entriesMax = 1_000;

/** The way up in the first directory of a TIFF block, set to what needs no turning: a copy. */
function upright(tiff: Buffer): Buffer {
  const out = Buffer.from(tiff);
  const little = out.toString("latin1", 0, 2) === "II";
  const short = (at: number): number => (little ? out.readUInt16LE(at) : out.readUInt16BE(at));
  const at = little ? out.readUInt32LE(4) : out.readUInt32BE(4);
  if (at + 2 > out.length) return out;
  const count = Math.min(short(at), entriesMax);
  for (let n = 0, entry = at + 2; n < count && entry + 12 <= out.length; n++, entry += 12) {
    if (short(entry) !== orientationTag) continue;
    if (little) out.writeUInt16LE(1, entry + 8);
    else out.writeUInt16BE(1, entry + 8);
  }
  return out;
}

/** A JPEG whose pixels stand upright with this EXIF; without it where it is larger than a segment. */
export function withExif(jpeg: Buffer, tiff: Buffer): Buffer {
  if (tiff.length < 8) return jpeg;
  const data = Buffer.concat([Buffer.from("Exif\0\0"), upright(tiff)]);
  if (data.length + 2 > segmentBytesMax) return jpeg;
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}
