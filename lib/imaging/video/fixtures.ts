/** Videos for the tests, packed here around single pictures that x264 and libvpx once coded; every frame is the same. */
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  TextSubtitleSource,
  WebMOutputFormat,
} from "mediabunny";
import { box } from "../fixtures.ts";

/** The picture of `corners()`: 96 × 64, red, green, blue, white. The AV1 is what libaom once made of it for an AVIF. */
const coded = {
  av1: "EgAKCRgZb/7RAQ0GhDI+EePDwzKAAPCAAAAAwhETqBsEKV1QyM5sXm4M5vNEoa6XgZklrdQNTOfLtsoWxIyR7GJyJquPcwNcj2r8YNg=",
  avc: "AAAAz2WIhAW/5v8F4PtxLBHffzsVGWNa6+Z98n+shWHb7y/r39KlkSWDI+vdV1IA0iAa0x6RoUVRgfWHkf5W7Um3aZ973aD8wnQ8rVVWNGfDvhYvZsY0V58L3Yh3o0EcTXm345bLk0NYv68BWQCVDCjtT3d62HBBQyccGVxtB+3jOH8UgN4nzRWAvE+vwfttI/rijiw9kKayy3aqghZkgOUlcldqhsveZDhU24gl7uDJJz5KqorC/XAj/BbwlMlQ+y3YyEH32Fls+AOgXeGOTossXw==",
  vp8: "sAkAnQEqYABAAABHCIWFiIWEiAICAuR1C/sH4Z9mgxHk34H/qB/QOcZ0F7A/qrk/9wH/AfwHFA/oD/wP6r7/92zdX+JTyl+ozlpTm0PBh9d3yaXuA0AA/v1u4HFreilw0akbRxR9QYMw078u56JFTaJnaD8yGynN9qNhTbzlQ1kAepBCwh5r2h9nf9CfvlMpv+r/5KfT39Td+RrWShfuUqpHo/2pHIDzINASf/BMJUI1im8mHJZYSR7hTBuBkoYA",
};
const avcConfig = "AWQAC//hABVnZAALrLQxNCAAAAMAIAAAB5HihVQBAARo7zyw";

export type VideoPlan = {
  format?: "mp4" | "mov" | "webm";
  codec?: "avc" | "vp8" | "av1";
  /** In pieces, each with an index of its own, as recorders and browsers write it. */
  fragmented?: boolean;
  /** What the container says of the light its samples stand for. */
  transfer?: "pq" | "hlg";
  /** Milliseconds; ten frames a second. */
  duration?: number;
  /** Degrees with the clock. */
  turn?: 0 | 90 | 180 | 270;
  /** Boxes to put into the movie box's user data. */
  userData?: Buffer[];
  /** Values of QuickTime's metadata, by their names. */
  keys?: Record<string, string>;
  /** WebM tags. */
  tags?: Record<string, string>;
  /** A track of text beside the pictures, as drones write their way into it. */
  text?: string;
  /** Boxes behind all others. */
  after?: Buffer[];
  created?: Date;
};

/** The index stands behind the pictures, unless the file is fragmented. */
const formats = {
  mp4: (fastStart) => new Mp4OutputFormat({ fastStart }),
  mov: (fastStart) => new MovOutputFormat({ fastStart }),
  // As a browser records: without a length, and without an index.
  webm: (fastStart) => new WebMOutputFormat({ appendOnly: fastStart === "fragmented" }),
} satisfies Record<string, (fastStart: false | "fragmented") => OutputFormat>;

/** Children added to the last box of the file, which is the movie: nothing after it moves. */
function intoMovie(file: Buffer, children: Buffer[]): Buffer {
  const added = Buffer.concat(children);
  const at = file.lastIndexOf("moov") - 4;
  const out = Buffer.concat([file, added]);
  out.writeUInt32BE(file.readUInt32BE(at) + added.length, at);
  return out;
}

/** QuickTime's metadata box. */
function metaKeys(keys: Record<string, string>): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const names = Object.keys(keys).map((name) => box("mdta", Buffer.from(name)));
  const values = Object.values(keys).map((value, n) => {
    const item = box("data", number(1), number(0), Buffer.from(value));
    const entry = box("item", item);
    entry.writeUInt32BE(n + 1, 4);
    return entry;
  });
  return box(
    "meta",
    box("hdlr", Buffer.alloc(8), Buffer.from("mdta"), Buffer.alloc(14)),
    box("keys", number(0), number(names.length), ...names),
    box("ilst", ...values),
  );
}

/** A video of one picture over and over. */
export async function video(plan: VideoPlan = {}): Promise<Buffer> {
  const format = plan.format ?? "mp4";
  const codec = plan.codec ?? (format === "webm" ? "vp8" : "avc");
  const target = new BufferTarget();
  const output = new Output({ format: formats[format](plan.fragmented === true && "fragmented"), target });
  const pictures = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(pictures, { rotation: plan.turn ?? 0, frameRate: 10 });
  const words = new TextSubtitleSource("webvtt");
  if (plan.text !== undefined) output.addSubtitleTrack(words);
  if (plan.tags !== undefined) output.setMetadataTags({ raw: plan.tags });
  await output.start();
  const config = {
    vp8: { codec: "vp8" },
    av1: { codec: "av01.0.00M.08" },
    avc: { codec: "avc1.64000b", description: Buffer.from(avcConfig, "base64") },
  }[codec];
  const light = { primaries: "bt2020", transfer: plan.transfer, matrix: "bt2020-ncl", fullRange: false };
  const colorSpace = plan.transfer === undefined ? {} : { colorSpace: light as VideoColorSpaceInit };
  const decoderConfig = { ...config, ...colorSpace, codedWidth: 96, codedHeight: 64 };
  const frames = Math.max(1, Math.round((plan.duration ?? 1_000) / 100));
  for (let n = 0; n < frames; n++)
    await pictures.add(new EncodedPacket(Buffer.from(coded[codec], "base64"), "key", n / 10, 0.1), {
      decoderConfig,
    });
  if (plan.text !== undefined) await words.add(`WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${plan.text}\n`);
  await output.finalize();
  const file = Buffer.from(target.buffer ?? new ArrayBuffer(0));
  const children = [
    ...(plan.userData === undefined ? [] : [box("udta", ...plan.userData)]),
    ...(plan.keys === undefined ? [] : [metaKeys(plan.keys)]),
  ];
  const whole = children.length === 0 ? file : intoMovie(file, children);
  if (plan.created !== undefined) {
    const at = whole.lastIndexOf("mvhd") + 4;
    const seconds = plan.created.getTime() / 1000 + 2_082_844_800;
    if (whole[at] === 1) whole.writeBigUInt64BE(BigInt(seconds), at + 4);
    else whole.writeUInt32BE(seconds, at + 4);
  }
  return Buffer.concat([whole, ...(plan.after ?? [])]);
}

/** The place where a telephone wrote it, as MP4 has it: "+37.5512+126.9882/". */
export const placeBox = (place: string): Buffer => {
  const head = Buffer.from([0, place.length, 0x15, 0xc7]);
  return box("\xa9xyz", head, Buffer.from(place));
};
