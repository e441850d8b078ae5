import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from "thumbhash";
import type { MediaType } from "#lib/media.ts";
import { startClock } from "./clock.ts";
import { openOwn } from "./codec.ts";
import {
  animation,
  blackPng,
  colorAt,
  corners,
  exifBlock,
  exifSegment,
  metadataIn,
  rejectedAs,
  riffChunk,
  scene,
  segment,
  withChunks,
  withRiffChunks,
  withSegments,
} from "./fixtures.ts";
import { pngChunk } from "./formats/png.ts";
import { type Derivation, derive, identify, lockDown } from "./index.ts";
import { verdict } from "./verdict.ts";

before(lockDown);

const made = async (original: Buffer): Promise<Derivation> => derive(original, await identify(original, ""));
const sizes = ({ renditions }: Derivation): string[] =>
  renditions.map(({ width, height, format }) => `${width}x${height}.${format}`);

function near(actual: number[], wanted: number[], by = 24): void {
  for (const [n, value] of wanted.entries())
    assert.ok(Math.abs((actual[n] ?? -999) - value) <= by, `${actual} is not near ${wanted}`);
}

describe("the ladder (decision 11)", () => {
  test("a large picture gets four AVIF and two JPEG, each as large as it says", async () => {
    const derivation = await made(await scene(2400, 1600).jpeg().toBuffer());
    assert.deepEqual(sizes(derivation), [
      "2048x1365.avif",
      "1280x853.avif",
      "1280x853.jpg",
      "640x427.avif",
      "640x427.jpg",
      "320x213.avif",
    ]);
    for (const { width, height, format, body } of derivation.renditions) {
      const found = await sharp(body).metadata();
      assert.deepEqual(
        [found.width, found.height, found.format],
        [width, height, format === "jpg" ? "jpeg" : "heif"],
      );
      if (format === "jpg") assert.equal(found.chromaSubsampling, "4:2:0");
    }
  });

  test("no picture is enlarged: the largest rendition keeps its true width", async () => {
    assert.deepEqual(sizes(await made(await scene(700, 200).png().toBuffer())), [
      "700x200.avif",
      "700x200.jpg",
      "640x183.avif",
      "640x183.jpg",
      "320x91.avif",
    ]);
    assert.deepEqual(sizes(await made(await scene(320, 300).png().toBuffer())), [
      "320x300.avif",
      "320x300.jpg",
    ]);
    assert.deepEqual(sizes(await made(await scene(1, 1).png().toBuffer())), ["1x1.avif", "1x1.jpg"]);
  });

  test("the thinnest pictures that are allowed come out whole (R-42)", async () => {
    assert.deepEqual(sizes(await made(blackPng(30_000, 1))), [
      "2048x1.avif",
      "1280x1.avif",
      "1280x1.jpg",
      "640x1.avif",
      "640x1.jpg",
      "320x1.avif",
    ]);
    assert.deepEqual(sizes(await made(blackPng(1, 30_000))), ["1x16000.avif", "1x16000.jpg"]);
    // 2,400 × 30,000 keeps its shape within the pixel cap.
    const [tall] = (await made(blackPng(2400, 30_000))).renditions;
    assert.deepEqual([tall?.width, tall?.height], [1131, 14_142]);
    assert.deepEqual(sizes(await made(blackPng(1500, 30_000))), [
      "800x16000.avif",
      "800x16000.jpg",
      "640x12800.avif",
      "640x12800.jpg",
      "320x6400.avif",
    ]);
  });
});

describe("the way up (R-45)", () => {
  const letters = { R: [255, 0, 0], G: [0, 255, 0], B: [0, 0, 255], W: [255, 255, 255] } as const;
  /** What is seen top left, top right, bottom left, bottom right, for corners() stored as R G B W. */
  const seen = ["RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"];
  const spots = [
    [0.2, 0.2],
    [0.8, 0.2],
    [0.2, 0.8],
    [0.8, 0.8],
  ] as const;

  async function stored(format: "jpeg" | "png" | "webp", orientation: number): Promise<Buffer> {
    const block = exifBlock({ 274: [3, [orientation]] });
    if (format === "jpeg")
      return withSegments(await corners().jpeg({ quality: 95 }).toBuffer(), exifSegment(block));
    if (format === "png") return withChunks(await corners().png().toBuffer(), pngChunk("eXIf", block));
    const webp = await corners().withIccProfile("srgb").webp({ lossless: true }).toBuffer();
    return withRiffChunks(webp, 0x08, riffChunk("EXIF", block));
  }

  for (const [n, corner] of seen.entries()) {
    const orientation = n + 1;
    test(`orientation ${orientation} is shown as ${corner} in every rendition`, async () => {
      for (const format of ["jpeg", "png", "webp"] as const) {
        const original = await stored(format, orientation);
        const identity = await identify(original, "");
        assert.deepEqual([identity.width, identity.height], orientation < 5 ? [96, 64] : [64, 96], format);
        for (const { body, width } of (await derive(original, identity)).renditions) {
          assert.equal(width, identity.width);
          const wanted = Array.from(corner, (letter) => letters[letter as keyof typeof letters]);
          for (const [spot, [x, y]] of spots.entries())
            near(await colorAt(body, x, y), [...(wanted[spot] ?? [])]);
        }
      }
    });
  }
});

describe("what is not shown", () => {
  const secret = "Hidden Valley 7";
  const place = exifBlock(
    { 270: [2, secret], 274: [3, [6]] },
    { 36867: [2, "2024:05:06 07:08:09"] },
    {
      1: [2, "N"],
      2: [
        5,
        [
          [51, 1],
          [30, 1],
          [0, 1],
        ],
      ],
      3: [2, "E"],
      4: [
        5,
        [
          [8, 1],
          [15, 1],
          [0, 1],
        ],
      ],
    },
  );
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${secret}</a></x:xmpmeta>`;

  async function tattling(): Promise<Record<string, Buffer>> {
    const webp = await scene(700, 500).withIccProfile("srgb").webp().toBuffer();
    const avif = scene(700, 500).withExif({
      IFD0: { ImageDescription: secret },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" },
    });
    return {
      jpeg: withSegments(
        await scene(700, 500).jpeg().toBuffer(),
        exifSegment(place),
        segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`)),
        segment(0xed, Buffer.from(`Photoshop 3.0\0${secret}`)),
        segment(0xfe, Buffer.from(secret)),
      ),
      png: withChunks(
        await scene(700, 500).png().toBuffer(),
        pngChunk("eXIf", place),
        pngChunk("tEXt", Buffer.from(`Comment\0${secret}`)),
        pngChunk("iTXt", Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`)),
      ),
      webp: withRiffChunks(webp, 0x0c, riffChunk("EXIF", place), riffChunk("XMP ", Buffer.from(xmp))),
      avif: await avif.avif().toBuffer(),
    };
  }

  test("no rendition holds EXIF, XMP, IPTC, comments or a place, whatever the original held (A-34, R-45)", async () => {
    for (const [kind, original] of Object.entries(await tattling())) {
      assert.ok(original.includes(secret), `${kind} holds the secret to begin with`);
      for (const { body, format } of (await made(original)).renditions) {
        assert.deepEqual(await metadataIn(body), [], `${kind} as ${format}`);
        for (const trace of [secret, "Exif", "adobe", "Photoshop"])
          assert.equal(body.includes(trace), false, trace);
      }
    }
  });

  test("what is appended to a picture does not reach its renditions (A-26, R-45)", async () => {
    const payload = "<script>alert(1)</script>PK\x03\x04";
    for (const format of ["jpeg", "png", "gif"] as const) {
      const original = Buffer.concat([await scene(64, 64).toFormat(format).toBuffer(), Buffer.from(payload)]);
      const identity = await identify(original, "");
      assert.equal(identity.mime, `image/${format}` satisfies string as MediaType);
      for (const { body } of (await derive(original, identity)).renditions)
        assert.equal(body.includes("script"), false);
    }
  });
});

describe("colour", () => {
  const red = { r: 255, g: 0, b: 0 };
  const plain = (background = red) => sharp({ create: { width: 40, height: 40, channels: 3, background } });

  test("a Display P3 picture stays Display P3: same numbers, a profile that is not the visitor's (decision 11)", async () => {
    for (const format of ["jpeg", "png", "avif"] as const) {
      const pixels = await plain().raw().toBuffer();
      const p3 = await sharp(
        await sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } })
          .withIccProfile("p3")
          .png()
          .toBuffer(),
      )
        .keepIccProfile()
        .toFormat(format, { quality: 95 })
        .toBuffer();
      const source = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
      for (const { body, format: made_ } of (await made(p3)).renditions) {
        const { icc } = await sharp(body).metadata();
        assert.equal(icc?.length, 480, `${format} as ${made_}`);
        const kept = await sharp(body, { ignoreIcc: true }).raw().toBuffer();
        near([...kept.subarray(2400, 2403)], [...source.subarray(2400, 2403)], 6);
      }
    }
  });

  test("a picture with any other profile becomes sRGB, converted by that profile, and carries none", async () => {
    // A profile in which red and green have changed places: only a conversion by it shows the right colour.
    const profile =
      (await sharp(await plain().withIccProfile("p3").png().toBuffer()).metadata()).icc ?? Buffer.alloc(0);
    const swapped = Buffer.from(profile);
    const [r, g] = [swapped.indexOf("rXYZ"), swapped.indexOf("gXYZ")];
    swapped.write("gXYZ", r, "latin1");
    swapped.write("rXYZ", g, "latin1");
    const jpeg = await plain({ r: 0, g: 200, b: 0 }).jpeg({ quality: 100 }).toBuffer();
    const head = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), swapped]);
    for (const { body } of (await made(withSegments(jpeg, segment(0xe2, head)))).renditions) {
      assert.equal((await sharp(body).metadata()).icc, undefined);
      near(await colorAt(body, 0.5, 0.5), [217, 0, 0], 20);
    }
  });

  test("16 bits a channel, with a profile and without, come out in the right colours", async () => {
    const deep = await plain({ r: 255, g: 255, b: 0 }).toColourspace("rgb16").png().toBuffer();
    const profiled = await sharp(deep)
      .pipelineColourspace("rgb16")
      .toColourspace("rgb16")
      .withIccProfile("srgb")
      .png()
      .toBuffer();
    for (const original of [deep, profiled]) {
      assert.equal((await sharp(original).metadata()).depth, "ushort");
      for (const { body } of (await made(original)).renditions)
        near(await colorAt(body, 0.5, 0.5), [255, 255, 0], 8);
    }
  });

  test("CMYK comes out as it would print", async () => {
    const cmyk = await plain({ r: 220, g: 40, b: 40 })
      .toColourspace("cmyk")
      .withIccProfile("cmyk")
      .jpeg({ quality: 95 })
      .toBuffer();
    const bare = Buffer.from(cmyk);
    assert.equal((await sharp(cmyk).metadata()).space, "cmyk");
    for (const original of [cmyk, bare])
      for (const { body } of (await made(original)).renditions) {
        assert.equal((await sharp(body).metadata()).space, "srgb");
        const [r = 0, g = 255, b = 255] = await colorAt(body, 0.5, 0.5);
        assert.ok(r > 150 && g < 100 && b < 100, `${r} ${g} ${b}`);
      }
  });

  test("grey pictures, with and without transparency, work in every kind", async () => {
    for (const format of ["jpeg", "png", "webp", "avif"] as const) {
      const grey = await scene(50, 50).greyscale().toFormat(format).toBuffer();
      assert.equal((await made(grey)).renditions.length, 2);
    }
    const seeThrough = await scene(50, 50, 4).greyscale().png().toBuffer();
    assert.equal((await made(seeThrough)).renditions.length, 2);
  });

  test("transparency stays in AVIF and is white in JPEG", async () => {
    const { renditions } = await made(await scene(80, 80, 4).png().toBuffer());
    const [avif, jpeg] = renditions;
    assert.ok(avif && jpeg);
    assert.equal((await sharp(avif.body).metadata()).hasAlpha, true);
    near(await colorAt(jpeg.body, 0.8, 0.2), [255, 255, 255], 3);
  });

  test("the placeholder has the picture's shape and colour, the mean is taken in light (I9)", async () => {
    const { thumbhash, color } = await made(
      await sharp({ create: { width: 900, height: 300, channels: 3, background: "#2266aa" } })
        .jpeg({ quality: 100 })
        .toBuffer(),
    );
    near([color >> 16, (color >> 8) & 255, color & 255], [0x22, 0x66, 0xaa], 4);
    assert.ok(thumbhash.length <= 25);
    assert.ok(Math.abs(thumbHashToApproximateAspectRatio(thumbhash) - 3) < 0.6);
    const { r, g, b } = thumbHashToAverageRGBA(thumbhash);
    near([r * 255, g * 255, b * 255], [0x22, 0x66, 0xaa], 12);
    const half = Buffer.from(Array.from({ length: 32 * 32 * 3 }, (_, n) => (n % 96 < 48 ? 0 : 255)));
    const mean = await made(
      await sharp(half, { raw: { width: 32, height: 32, channels: 3 } })
        .png()
        .toBuffer(),
    );
    assert.equal(mean.color, 0xbcbcbc);
  });
});

describe("animations", () => {
  for (const format of ["gif", "webp"] as const) {
    test(`a ${format} gets a still of its first frame and a copy that plays, free of metadata`, async () => {
      const { renditions, motion } = await made(await animation(format, 4));
      near(await colorAt(renditions[0]?.body ?? Buffer.alloc(0), 0.5, 0.5), [0, 0, 0], 3);
      assert.equal(motion?.format, format);
      const found = await sharp(motion?.body, { pages: -1 }).metadata();
      assert.deepEqual([found.pages, found.loop, found.delay], [4, 0, [80, 80, 80, 80]]);
      const wanted = await sharp(await animation(format, 4), { pages: -1 })
        .raw()
        .toBuffer();
      assert.deepEqual(await sharp(motion?.body, { pages: -1 }).raw().toBuffer(), wanted);
    });
  }

  test("an animated GIF with something appended to it plays, without it (A-26)", async () => {
    const original = Buffer.concat([await animation("gif", 3), Buffer.from("<script>alert(1)</script>")]);
    const { motion } = await made(original);
    assert.equal(motion?.body.includes("script"), false);
    assert.equal((await sharp(motion?.body, { pages: -1 }).metadata()).pages, 3);
  });

  test("a GIF or WebP of one frame is a still", async () => {
    assert.equal((await made(await scene(20, 20).gif().toBuffer())).motion, undefined);
    assert.equal((await made(await scene(20, 20).webp().toBuffer())).motion, undefined);
  });

  test("an animation whose last frame alone is damaged is corrupt, though its poster would do (A-29)", async () => {
    const frames = await Promise.all(
      [0, 120, 240].map((hue) => scene(64, 64).modulate({ hue }).raw().toBuffer()),
    );
    const pages = { raw: { width: 64, height: 192, channels: 3, pageHeight: 64 } } as const;
    const open = () => sharp(Buffer.concat(frames), pages);
    for (const animated of [
      await open().webp({ lossless: true }).toBuffer(),
      await open().gif().toBuffer(),
    ]) {
      assert.equal((await made(animated)).renditions.length, 2);
      const broken = Buffer.from(animated).fill(0xff, animated.length - 300, animated.length - 180);
      const identity = await identify(broken, "");
      assert.equal(identity.frames, 3);
      await assert.rejects(derive(broken, identity), rejectedAs("corrupt"));
    }
  });
});

describe("damage (A-29)", () => {
  for (const format of ["jpeg", "png", "webp", "avif", "gif"] as const) {
    test(`a ${format} cut short at any tenth is corrupt`, async () => {
      const picture = await scene(300, 200).toFormat(format).toBuffer();
      for (let tenth = 1; tenth < 10; tenth++)
        await assert.rejects(
          made(picture.subarray(0, Math.floor((picture.length * tenth) / 10))),
          rejectedAs("corrupt"),
          `${tenth}/10`,
        );
    });
  }

  test("a large JPEG, which is decoded at half its size or less, is corrupt when a few bytes are missing", async () => {
    for (const progressive of [false, true]) {
      const picture = await scene(6600, 400).jpeg({ progressive }).toBuffer();
      assert.ok((await made(picture)).renditions.length > 0);
      for (const missing of [2, 40, 2000])
        await assert.rejects(
          made(picture.subarray(0, picture.length - missing)),
          rejectedAs("corrupt"),
          `${missing} bytes`,
        );
    }
  });

  test("a PNG whose pixels fail their checksum or fall short is corrupt", async () => {
    const picture = await scene(200, 200).png().toBuffer();
    const flipped = Buffer.from(picture);
    const middle = Math.floor(picture.length / 2);
    flipped[middle] = (flipped[middle] ?? 0) ^ 0xff;
    await assert.rejects(made(flipped), rejectedAs("corrupt"));
  });

  test("a picture that keeps the processor busy past its time is took_too_long; a busy machine is not its fault (R-40)", async () => {
    const noTime = { wallSeconds: 1, cpuSeconds: 0.2 };
    const [strict, lenient] = [startClock(noTime), startClock({ ...noTime, cpuSeconds: 1000 })];
    const large = await scene(3000, 3000).png().toBuffer();
    const slow = openOwn(large).blur(900).timeout({ seconds: 1 }).avif({ effort: 9 });
    const cause = await slow.toBuffer().then(
      () => undefined,
      (error: unknown) => error,
    );
    for (const fault of [cause, verdict(cause)]) {
      rejectedAs("took_too_long")(strict.judge(fault));
      assert.match(String(lenient.judge(fault)), /too busy/);
    }
    const corrupt = verdict(new Error("VipsJpeg: premature end of JPEG image"));
    assert.equal(lenient.judge(corrupt), corrupt);
  });

  test("a lack of memory and a mistake of ours are no verdict about the picture", () => {
    for (const fault of [
      new Error("vips: out of memory"),
      new TypeError("x is undefined"),
      new Error("Expected integer for width"),
    ])
      assert.equal(verdict(fault), fault);
  });
});
