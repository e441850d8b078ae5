/**
 * One picture of an AV1 video as an AVIF, which is the same coding in another container: so it is decoded by what decodes
 * AVIF pictures, where FFmpeg here has no decoder for it.
 */
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const long = (...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) data.writeUInt32BE(value, n * 4);
  return data;
};
const short = (...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * 2);
  for (const [n, value] of values.entries()) data.writeUInt16BE(value, n * 2);
  return data;
};

function box(type: string, ...content: Buffer[]): Buffer {
  const data = Buffer.concat(content);
  return Buffer.concat([long(data.length + 8), Buffer.from(type, "latin1"), data]);
}
const full = (type: string, version: number, ...content: Buffer[]): Buffer =>
  box(type, long(version << 24), ...content);

/** Of "av01.0.04M.10": profile, level, tier and bits. */
function configOf(codec: string): { config: Buffer; bits: number } | undefined {
  const [, profile, level, tier, depth] = /^av01\.(\d)\.(\d\d)([MH])\.(\d\d)/.exec(codec) ?? [];
  if (profile === undefined) return undefined;
  const bits = Number(depth);
  const flags =
    (tier === "H" ? 0x80 : 0) |
    (bits > 8 ? 0x40 : 0) |
    (bits === 12 ? 0x20 : 0) |
    // 4:2:0, or 4:4:4 where the profile says so.
    (profile === "1" ? 0 : 0x0c);
  return { config: bytes(0x81, (Number(profile) << 5) | (Number(level) & 31), flags, 0), bits };
}

/** `undefined` for a coding that is no AV1. `picture`: a key picture, as the video has it. */
export function asAvif(
  picture: Uint8Array,
  { codec, width, height }: { codec: string; width: number; height: number },
): Buffer | undefined {
  const found = configOf(codec);
  if (found === undefined) return undefined;
  const head = box("ftyp", Buffer.from("avif"), long(0), Buffer.from("avifmif1miaf"));
  const meta = (at: number): Buffer =>
    full(
      "meta",
      0,
      full("hdlr", 0, long(0), Buffer.from("pict"), Buffer.alloc(13)),
      full("pitm", 0, short(1)),
      full("iloc", 0, bytes(0x44, 0), short(1, 1, 0, 1), long(at, picture.length)),
      full("iinf", 0, short(1), full("infe", 2, short(1, 0), Buffer.from("av01\0"))),
      box(
        "iprp",
        box(
          "ipco",
          full("ispe", 0, long(width, height)),
          box("av1C", found.config),
          full("pixi", 0, bytes(3, found.bits, found.bits, found.bits)),
        ),
        full("ipma", 0, long(1), short(1), bytes(3, 1, 0x82, 3)),
      ),
    );
  const start = head.length + meta(0).length + 8;
  return Buffer.concat([head, meta(start), box("mdat", Buffer.from(picture))]);
}
