import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { limits } from "#lib/media.ts";
import { startClock } from "../clock.ts";
import { displayP3Profile } from "../codec.ts";
import { colorAt, exifBlock, ftyp, metadataIn, rejectedAs, scene } from "../fixtures.ts";
import { readHeic } from "../formats/heic.ts";
import { derive, fullJpeg, identify, lockDown, Rejection, readFacts } from "../index.ts";
import { isDisplayP3 } from "../profile.ts";
import { decodeHeic } from "./decode.ts";
import { type HeicPlan, heic } from "./fixtures.ts";

before(() => lockDown());

const near = (found: number[], wanted: number[]): boolean =>
  wanted.every((value, n) => Math.abs(value - (found[n] ?? -1)) < 40);

/** The largest JPEG of a picture, and its size. */
async function shown(plan: HeicPlan): Promise<{ jpeg: Buffer; width: number; height: number }> {
  const original = heic(plan);
  const identity = await identify(original, "image/heic");
  const { renditions } = await derive(original, identity);
  const jpeg = renditions.find(({ format }) => format === "jpg");
  assert.ok(jpeg);
  assert.deepEqual([identity.width, identity.height], [jpeg.width, jpeg.height]);
  return { jpeg: jpeg.body, width: jpeg.width, height: jpeg.height };
}

const [red, green, blue, white] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
];

describe("a HEIC picture", () => {
  test("is decoded with 8 and with 10 bits a channel, and keeps none of its metadata (R-45)", async () => {
    const exif = exifBlock({ 271: [2, "Canon"] });
    for (const depth of [8, 10] as const) {
      const { jpeg, width, height } = await shown({ depth, exif, xmp: "<x:xmpmeta/>" });
      assert.deepEqual([width, height], [96, 64]);
      for (const [x, y, color] of [
        [0.2, 0.2, red],
        [0.8, 0.2, green],
        [0.2, 0.8, blue],
        [0.8, 0.8, white],
      ] as const)
        assert.ok(near(await colorAt(jpeg, x, y), color ?? []), `${depth} bits at ${x}, ${y}`);
      assert.deepEqual(await metadataIn(jpeg), []);
    }
  });

  test("stands as its boxes say: turned, cropped, put together from tiles", async () => {
    const turned = await shown({ turn: 1 });
    assert.deepEqual([turned.width, turned.height], [64, 96]);
    assert.ok(near(await colorAt(turned.jpeg, 0.2, 0.2), green ?? []));
    const cropped = await shown({ crop: { width: 40, height: 20 }, turn: 3 });
    assert.deepEqual([cropped.width, cropped.height], [20, 40]);
    assert.ok(near(await colorAt(cropped.jpeg, 0.8, 0.1), red ?? []));
    const tiled = await shown({ grid: { columns: 3, rows: 2 } });
    assert.deepEqual([tiled.width, tiled.height], [288, 128]);
    assert.ok(near(await colorAt(tiled.jpeg, 0.95, 0.95), white ?? []));
  });

  test("keeps Display P3 whether a profile or the coding says so, and turns other profiles into sRGB", async () => {
    for (const plan of [{ profile: displayP3Profile() }, { primaries: 12 }]) {
      const { jpeg } = await shown(plan);
      assert.ok(isDisplayP3((await sharp(jpeg).metadata()).icc));
    }
    const pixel = await scene(8, 8).withIccProfile("p3").png().toBuffer();
    assert.ok(isDisplayP3((await sharp(pixel).metadata()).icc));
    const srgb = (await sharp(await scene(8, 8).withIccProfile("srgb").png().toBuffer()).metadata()).icc;
    const plain = await shown(srgb === undefined ? {} : { profile: srgb });
    assert.equal((await sharp(plain.jpeg).metadata()).icc, undefined);
    assert.ok(near(await colorAt(plain.jpeg, 0.2, 0.2), red ?? []));
  });

  test("tells its camera, date and place from its EXIF", async () => {
    const exif = exifBlock(
      { 271: [2, "Apple"], 272: [2, "iPhone 15 Pro"] },
      { 36867: [2, "2026:07:01 12:00:00"], 36881: [2, "+09:00"] },
      {
        1: [2, "N"],
        2: [
          5,
          [
            [37, 1],
            [33, 1],
            [0, 1],
          ],
        ],
        3: [2, "E"],
        4: [
          5,
          [
            [126, 1],
            [59, 1],
            [0, 1],
          ],
        ],
      },
    );
    const original = heic({ exif });
    const facts = await readFacts(original, await identify(original, ""));
    assert.equal(facts.camera, "Apple iPhone 15 Pro");
    assert.equal(facts.takenAt?.toISOString(), "2026-07-01T12:00:00.000Z");
    assert.deepEqual([facts.latitude?.toFixed(2), facts.longitude?.toFixed(2)], ["37.55", "126.98"]);
  });

  test("may be called a JPEG by the program that sent it, and nothing else (R-43, A-33)", async () => {
    assert.equal((await identify(heic(), "image/jpeg")).mime, "image/heic");
    assert.equal((await identify(heic({ brands: ["mif1", "mif1", "miaf"] }), "")).mime, "image/heic");
    await assert.rejects(identify(heic(), "image/png"), rejectedAs("type_mismatch"));
  });
});

describe("hostile HEIC", () => {
  test("sizes past the limit are too_many_pixels from the header alone (A-27, R-42)", async () => {
    for (const claim of [
      { width: 20_000, height: 20_000 },
      { width: 2 ** 31, height: 1 },
      { width: limits.sideMax + 1, height: 1 },
    ])
      await assert.rejects(identify(heic({ claim }), ""), rejectedAs("too_many_pixels"));
    await assert.rejects(identify(heic({ claim: { width: 0, height: 5 } }), ""), rejectedAs("corrupt"));
  });

  test("a size that is not the picture's is corrupt once it is decoded", async () => {
    const original = heic({ claim: { width: 4000, height: 3000 } });
    const identity = await identify(original, "");
    await assert.rejects(derive(original, identity), rejectedAs("corrupt"));
  });

  test("sequences and pictures in other codings are unsupported_type", async () => {
    for (const brands of [
      ["hevc", "msf1", "hevc"],
      ["msf1", "msf1", "heic"],
      ["avis", "msf1", "avif"],
    ])
      await assert.rejects(identify(heic({ brands }), ""), rejectedAs("unsupported_type"), brands[0]);
    for (const coding of ["avc1", "unci", "j2k1"])
      await assert.rejects(identify(heic({ coding }), ""), rejectedAs("unsupported_type"), coding);
  });

  test("brands without a picture, and one cut off anywhere, are corrupt (A-29, A-30)", async () => {
    await assert.rejects(
      identify(Buffer.concat([ftyp("heic", "mif1"), Buffer.alloc(64)]), ""),
      rejectedAs("corrupt"),
    );
    const whole = heic({ grid: { columns: 2, rows: 1 } });
    const refused = async (original: Buffer): Promise<void> => {
      const identity = await identify(original, "");
      await derive(original, identity);
    };
    for (const end of [40, 200, whole.length - 300, whole.length - 20])
      await assert.rejects(refused(whole.subarray(0, end)), rejectedAs("corrupt"), `${end} bytes`);
  });

  test("bytes changed at random end in an identity or a Rejection, never in another error", async () => {
    const whole = heic({ exif: exifBlock({ 271: [2, "Canon"] }), turn: 1 });
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed;
    };
    for (let round = 0; round < 2_000; round++) {
      const hurt = Buffer.from(whole);
      for (let n = 0; n < 1 + (round % 6); n++) hurt[random() % hurt.length] = random() % 256;
      await identify(hurt, "").catch((error: unknown) =>
        assert.ok(error instanceof Rejection, String(error)),
      );
    }
  });

  test("pixels damaged in many ways leave the worker alive: a picture or a Rejection comes back", async () => {
    const whole = heic();
    const pixels = whole.indexOf("mdat") + 8;
    for (let round = 0; round < 6; round++) {
      const hurt = Buffer.from(whole);
      for (let at = pixels + round; at < hurt.length; at += 7 + round)
        hurt[at] = (hurt[at] ?? 0) ^ (1 << round);
      const identity = await identify(hurt, "");
      await derive(hurt, identity).catch((error: unknown) =>
        assert.ok(error instanceof Rejection, String(error)),
      );
    }
    const sound = heic();
    assert.ok(await derive(sound, await identify(sound, "")));
  });
});

describe("the decoder's process", () => {
  test("is ended when its upload is cancelled, and the next picture is decoded", async () => {
    const original = heic();
    const ending = new AbortController();
    const work = decodeHeic(original, readHeic(original), startClock(), ending.signal);
    ending.abort(new Error("cancelled"));
    await assert.rejects(work, /cancelled/);
    assert.equal((await decodeHeic(original, readHeic(original), startClock())).width, 96);
  });

  test("ends when its time is over: took_too_long, or a fault when the machine was slow", async () => {
    const original = heic();
    const hurried = { ...startClock(), left: () => ({ seconds: 0.01 }) };
    await assert.rejects(decodeHeic(original, readHeic(original), hurried), rejectedAs("took_too_long"));
  });
});

describe("a HEIC as a JPEG", () => {
  test("has its full size, stands upright, and keeps what the camera wrote but the way up", async () => {
    const exif = exifBlock({ 271: [2, "Apple"], 274: [3, [6]] }, { 36867: [2, "2026:07:01 12:00:00"] });
    const original = heic({ turn: 3, exif, grid: { columns: 2, rows: 1 } });
    const jpeg = await fullJpeg(original, await identify(original, "image/heic"));
    const { width, height, orientation } = await sharp(jpeg).metadata();
    assert.deepEqual([width, height, orientation], [64, 192, 1]);
    const facts = await readFacts(jpeg, await identify(jpeg, "image/jpeg"));
    assert.deepEqual([facts.camera, facts.takenAt?.toISOString()], ["Apple", "2026-07-01T12:00:00.000Z"]);
    const bare = await fullJpeg(heic(), await identify(heic(), "image/heic"));
    assert.ok(near(await colorAt(bare, 0.2, 0.2), [255, 0, 0]));
  });
});
