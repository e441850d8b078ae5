import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { VideoType } from "#lib/media.ts";
import type { Source } from "../apart.ts";
import { box, colorAt, corners, rejectedAs } from "../fixtures.ts";
import { heic } from "../heic/fixtures.ts";
import {
  derive,
  deriveStill,
  identify,
  lockDown,
  posterOf,
  Rejection,
  readVideo,
  sniffVideo,
} from "../index.ts";
import { placeBox, type VideoPlan, video } from "./fixtures.ts";
import { patchedWhole } from "./patch.ts";
import { toneMapped } from "./tone.ts";

before(() => lockDown());

const place = "+37.5512+126.9882+062.300/";
const contentId = "6F1B0D0A-3C1E-4A57-9D0B-2B6C1D1F7A11";

const sourceOf = (bytes: Buffer): Source => ({
  bytes: bytes.length,
  read: async (start, end) => bytes.subarray(start, end),
});
const read = (bytes: Buffer, mime: VideoType = "video/mp4") => readVideo(sourceOf(bytes), mime);

/** What others get of a video, which must say nothing of the place. */
async function served(plan: VideoPlan): Promise<Buffer> {
  const mime =
    plan.format === "webm" ? "video/webm" : plan.format === "mov" ? "video/quicktime" : "video/mp4";
  const bytes = await video(plan);
  const found = await read(bytes, mime);
  const out = patchedWhole(bytes, found.patches);
  assert.equal(out.length, bytes.length);
  const again = await read(out, mime);
  assert.deepEqual(again.patches, [], "what was blanked once is clean");
  assert.deepEqual([again.duration, again.width, again.codecs], [found.duration, found.width, found.codecs]);
  return out;
}

const near = (found: number[], wanted: number[]): boolean =>
  wanted.every((value, n) => Math.abs(value - (found[n] ?? -1)) < 40);

describe("a video", () => {
  test("tells its size as it is shown, its length and its codings", async () => {
    const mp4 = await read(await video({ turn: 90, duration: 2_500 }));
    assert.deepEqual([mp4.width, mp4.height, mp4.turn, mp4.duration], [64, 96, 90, 2_500]);
    assert.match(mp4.codecs, /^avc1\.64000b$/);
    const webm = await read(await video({ format: "webm" }), "video/webm");
    assert.deepEqual([webm.width, webm.height, webm.codecs], [96, 64, "vp8"]);
  });

  test("tells when and where it was made, as telephones write both", async () => {
    const iphone = await read(
      await video({
        format: "mov",
        keys: {
          "com.apple.quicktime.creationdate": "2026-07-01T12:00:00+0900",
          "com.apple.quicktime.location.ISO6709": place,
          "com.apple.quicktime.make": "Apple",
          "com.apple.quicktime.model": "iPhone 15 Pro",
          "com.apple.quicktime.content.identifier": contentId,
        },
      }),
      "video/quicktime",
    );
    assert.equal(iphone.facts.takenAt?.toISOString(), "2026-07-01T12:00:00.000Z");
    assert.equal(iphone.facts.takenOffset, 540);
    assert.equal(iphone.facts.camera, "Apple iPhone 15 Pro");
    assert.deepEqual(
      [iphone.facts.latitude, iphone.facts.longitude, iphone.facts.altitude],
      [37.5512, 126.9882, 62.3],
    );
    assert.equal(iphone.facts.contentId, contentId);
    const created = new Date("2024-02-03T04:05:06Z");
    const android = await read(await video({ userData: [placeBox(place)], created }));
    assert.deepEqual(
      [android.facts.takenAt, android.facts.moment, android.facts.latitude],
      [undefined, created, 37.5512],
    );
  });

  test("is shown by one of its pictures, turned as the video is", async () => {
    for (const [format, mime] of [
      ["mp4", "video/mp4"],
      ["webm", "video/webm"],
    ] as const) {
      const bytes = await video({ format, turn: 90 });
      const found = await read(bytes, mime);
      const poster = await posterOf(sourceOf(bytes), found);
      assert.ok(poster, format);
      const { renditions } = await deriveStill(found, poster);
      const jpeg = renditions.find((one) => one.format === "jpg");
      assert.ok(jpeg);
      assert.deepEqual([jpeg.width, jpeg.height], [64, 96]);
      assert.ok(near(await colorAt(jpeg.body, 0.8, 0.2), [255, 0, 0]), `${format}: red is on the right`);
      assert.ok(near(await colorAt(jpeg.body, 0.2, 0.2), [0, 0, 255]), `${format}: blue is on the left`);
    }
  });

  test("in pieces, as recorders write it, is read like any other", async () => {
    for (const [format, mime] of [
      ["mp4", "video/mp4"],
      ["mov", "video/quicktime"],
      ["webm", "video/webm"],
    ] as const) {
      const bytes = await video({ format, fragmented: true, duration: 2_000 });
      const found = await read(bytes, mime);
      assert.deepEqual(
        [found.width, found.height, found.duration, found.patches],
        [96, 64, 2_000, []],
        format,
      );
      assert.ok(await posterOf(sourceOf(bytes), found), format);
      // What a recorder that was switched off left: whole pieces, of which the last is cut.
      await assert.rejects(read(bytes.subarray(0, bytes.length - 40), mime), rejectedAs("corrupt"), format);
    }
  });

  test("coded as AV1 has a poster as well, made by the decoder of AVIF", async () => {
    const bytes = await video({ codec: "av1", turn: 90 });
    const found = await read(bytes);
    assert.match(found.codecs, /^av01/);
    const poster = await posterOf(sourceOf(bytes), found);
    assert.ok(poster);
    const jpeg = (await deriveStill(found, poster)).renditions.find((one) => one.format === "jpg");
    assert.ok(jpeg && near(await colorAt(jpeg.body, 0.8, 0.2), [255, 0, 0]));
    const hurt = Buffer.from(bytes);
    hurt.fill(0xff, bytes.indexOf("mdat") + 4, bytes.lastIndexOf("moov") - 4);
    assert.equal(await posterOf(sourceOf(hurt), found), undefined);
  });

  test("brighter than a page has a poster that is neither washed out nor dark", async () => {
    for (const transfer of ["pq", "hlg"] as const) {
      const bytes = await video({ transfer });
      const poster = await posterOf(sourceOf(bytes), await read(bytes));
      assert.ok(poster);
      const at = (x: number, y: number) => [...poster.data.subarray((y * 96 + x) * 3, (y * 96 + x) * 3 + 3)];
      assert.ok(Math.min(...at(72, 48)) > 245, `${transfer}: white is white, ${at(72, 48)}`);
      const [red = 0, green = 255, blue = 255] = at(24, 16);
      assert.ok(red > 200 && green < 60 && blue < 60, `${transfer}: red is red, ${at(24, 16)}`);
    }
  });

  test("in the light of paper keeps its tones, and what is brighter is pressed into what is left", () => {
    // Codes of ST 2084 for 0, 20.3, 101.5, 203 and 1000 candela, and of HLG for its own white and half of its range.
    const grey = (codes: number[], transfer: "pq" | "hlg"): number[] => {
      const samples = Uint16Array.from(
        codes.flatMap((code) => [code, code, code].map((one) => one * 65_535)),
      );
      return [...toneMapped(samples, transfer)].filter((_, n) => n % 3 === 0);
    };
    const [black, dark, middle, paper, sun] = grey([0, 0.3583, 0.50957, 0.58069, 0.75183], "pq");
    assert.deepEqual([black, dark], [0, 89]);
    assert.ok(
      middle !== undefined && Math.abs(middle - 188) < 3,
      `half of paper is as sRGB has it: ${middle}`,
    );
    assert.ok(paper !== undefined && paper > 230 && paper < 245 && (sun ?? 0) > 252, `${paper}, ${sun}`);
    const [half, white] = grey([0.5, 0.75], "hlg");
    assert.ok(half !== undefined && half > 120 && half < 170, `${half}`);
    assert.ok(white !== undefined && Math.abs(white - (paper ?? 0)) < 8, `${white}`);
  });

  test("whose pictures cannot be decoded has a field of its shape with a sign to play", async () => {
    const bytes = await video();
    const found = await read(bytes);
    const hurt = Buffer.from(bytes);
    hurt.fill(0xff, bytes.indexOf("mdat") + 12, bytes.indexOf("mdat") + 2_000);
    assert.equal(await posterOf(sourceOf(hurt), found), undefined);
    const { renditions } = await deriveStill(found, undefined);
    assert.deepEqual([renditions[0]?.width, renditions[0]?.height], [96, 64]);
    const jpeg = renditions.find(({ format }) => format === "jpg")?.body ?? Buffer.alloc(0);
    const [field = 0] = await colorAt(jpeg, 0.1, 0.1);
    const [sign = 0] = await colorAt(jpeg, 0.5, 0.5);
    assert.ok(field < 60 && sign > 110, "dark, with a sign to play in the middle");
  });

  test("is known by its first bytes", async () => {
    assert.equal(sniffVideo(await video()), "video/mp4");
    assert.equal(sniffVideo(await video({ format: "mov" })), "video/quicktime");
    assert.equal(sniffVideo(await video({ format: "webm" })), "video/webm");
    for (const other of [
      heic(),
      await corners().jpeg().toBuffer(),
      await corners().avif().toBuffer(),
      Buffer.alloc(64),
    ])
      assert.equal(sniffVideo(other), undefined);
  });
});

describe("what others get of a video (A-34)", () => {
  test("is the original where it tells nothing but pictures and sounds", async () => {
    for (const format of ["mp4", "mov"] as const)
      assert.deepEqual((await read(await video({ format }))).patches, []);
    assert.deepEqual((await read(await video({ format: "webm" }), "video/webm")).patches, []);
  });

  test("holds no place: not from user data, QuickTime's metadata, makers' boxes, padding or text tracks", async () => {
    const secret = Buffer.from(place);
    const plans: Record<string, VideoPlan> = {
      "user data": { userData: [placeBox(place)] },
      "metadata of QuickTime": { format: "mov", keys: { "com.apple.quicktime.location.ISO6709": place } },
      "a maker's box in user data": { userData: [box("GPS ", secret)] },
      XMP: { after: [box("uuid", Buffer.alloc(16), secret)] },
      padding: { after: [box("free", secret)] },
      "a maker's box beside": { after: [box("gps0", secret)] },
      "a track of text": { text: place },
      "WebM tags": { format: "webm", tags: { LOCATION: place } },
    };
    for (const [kind, plan] of Object.entries(plans)) {
      assert.ok((await video(plan)).includes("+37.55"), `${kind}: the original has it`);
      assert.ok(!(await served(plan)).includes("+37.55"), kind);
    }
  });
});

describe("hostile videos", () => {
  test("boxes of no size, of 2^63 and in a circle, and files cut off anywhere, are corrupt (A-29)", async () => {
    const whole = await video();
    const size = (at: number, value: number): Buffer => {
      const hurt = Buffer.from(whole);
      hurt.writeUInt32BE(value, at);
      return hurt;
    };
    const moov = whole.lastIndexOf("moov") - 4;
    const huge = Buffer.concat([
      whole.subarray(0, moov),
      Buffer.from([0, 0, 0, 1]),
      Buffer.from("moov"),
      Buffer.alloc(8, 0x7f),
    ]);
    const cases: Record<string, Buffer> = {
      "a movie longer than the file": size(moov, 0x7fffffff),
      "a box shorter than its head": size(moov, 4),
      "a box of 2^63": huge,
      "no movie": whole.subarray(0, moov),
      "half of it": whole.subarray(0, whole.length / 2),
      "its end missing": whole.subarray(0, whole.length - 40),
      "a head alone": whole.subarray(0, 32),
    };
    for (const [kind, bytes] of Object.entries(cases))
      await assert.rejects(read(bytes), rejectedAs("corrupt"), kind);
  });

  test("an index that points past the end is corrupt, so that nothing is served that is not there", async () => {
    const whole = await video();
    const at = whole.lastIndexOf("stco");
    const wide = at < 0 ? whole.lastIndexOf("co64") : at;
    whole.writeUInt32BE(0x7000_0000, wide + 12);
    await assert.rejects(read(whole), rejectedAs("corrupt"));
  });

  test("bytes changed at random end in a video or a Rejection, and the worker lives", async () => {
    let seed = 11;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed;
    };
    for (const [format, mime] of [
      ["mp4", "video/mp4"],
      ["webm", "video/webm"],
    ] as const) {
      const whole = await video({ format });
      for (let round = 0; round < 4; round++) {
        const hurt = Buffer.from(whole);
        const from = format === "mp4" ? hurt.lastIndexOf("moov") : 0;
        for (let n = 0; n < 3; n++) hurt[from + (random() % (hurt.length - from))] = random() % 256;
        await read(hurt, mime).catch((error: unknown) =>
          assert.ok(error instanceof Rejection, String(error)),
        );
      }
    }
  });

  test("a source that fails is no verdict about the video", async () => {
    const bytes = await video();
    const source = { bytes: bytes.length, read: () => Promise.reject(new Error("the store is away")) };
    await assert.rejects(readVideo(source, "video/mp4"), /the store is away/);
  });
});

describe("a still that moves", () => {
  const xmp = (words: string): Buffer => {
    const text = Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${words}</x:xmpmeta>`);
    const head = Buffer.from([0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(text.length + 2, 2);
    return Buffer.concat([head, text]);
  };
  const jpegWith = async (words: string, ...after: Buffer[]): Promise<Buffer> => {
    const jpeg = await corners().jpeg().toBuffer();
    return Buffer.concat([jpeg.subarray(0, 2), xmp(words), jpeg.subarray(2), ...after]);
  };

  test("gives its moving part without its place: Google's two ways, Samsung's, and HEIC's box", async () => {
    const clip = await video({ duration: 1_500, userData: [placeBox(place)] });
    const stills: Record<string, Buffer> = {
      container: await jpegWith(
        `<Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="${clip.length}" Item:Padding="0"/>`,
        clip,
      ),
      microVideo: await jpegWith(
        `<d GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${clip.length}"/>`,
        clip,
      ),
      samsung: await jpegWith(
        "",
        Buffer.from("\0\0\x30\x0aMotionPhoto_Data"),
        clip,
        Buffer.from("SEFH\x6b\0\0\0SEFT"),
      ),
      heic: Buffer.concat([heic(), box("mpvd", clip)]),
    };
    for (const [kind, original] of Object.entries(stills)) {
      const { motion } = await derive(original, await identify(original, ""));
      assert.ok(motion?.format === "mp4", kind);
      assert.deepEqual([motion.duration, motion.codecs], [1_500, "avc1.64000b"], kind);
      assert.ok(clip.includes("+37.55") && !motion.body.includes("+37.55"), `${kind}: no place`);
      assert.equal((await read(motion.body)).duration, 1_500, kind);
    }
  });

  test("whose moving part is broken, missing or no video stays a still", async () => {
    const clip = await video();
    const stills = [
      await jpegWith(`<d GCamera:MicroVideoOffset="${clip.length}"/>`, clip.subarray(0, clip.length / 2)),
      await jpegWith('<d GCamera:MicroVideoOffset="999999999"/>'),
      await jpegWith('<d GCamera:MicroVideoOffset="20"/>', Buffer.alloc(400)),
      await jpegWith("", Buffer.from("MotionPhoto_Data<script>")),
    ];
    for (const original of stills)
      assert.equal((await derive(original, await identify(original, ""))).motion, undefined);
  });
});
