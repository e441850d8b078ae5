import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { limits, type MediaType } from "#lib/media.ts";
import { forbidden } from "./codec.ts";
import {
  animation,
  blackPng,
  box,
  exifBlock,
  exifSegment,
  ftyp,
  pngHeader,
  pngSignature,
  rejectedAs,
  riffChunk,
  scene,
  segment,
  tinyGif,
  withChunks,
  withRiffChunks,
  withSegments,
} from "./fixtures.ts";
import { pngChunk } from "./formats/png.ts";
import { identify, lockDown } from "./index.ts";

before(lockDown);

const formats = [
  ["jpeg", "image/jpeg"],
  ["png", "image/png"],
  ["webp", "image/webp"],
  ["avif", "image/avif"],
  ["gif", "image/gif"],
] as const;

const latin = (text: string): Buffer => Buffer.from(text, "latin1");

describe("kinds", () => {
  for (const [format, mime] of formats) {
    test(`a ${format} is known by its bytes, whether declared or not (R-43)`, async () => {
      const picture = await scene(40, 30).toFormat(format).toBuffer();
      for (const declared of [mime, ""] as const) {
        const identity = await identify(picture, declared);
        assert.deepEqual(
          { mime: identity.mime, width: identity.width, height: identity.height, frames: identity.frames },
          { mime, width: 40, height: 30, frames: 1 },
        );
      }
    });
    test(`a ${format} declared as something else is a type_mismatch (R-22)`, async () => {
      const picture = await scene(8, 8).toFormat(format).toBuffer();
      const other: MediaType = mime === "image/png" ? "image/jpeg" : "image/png";
      await assert.rejects(identify(picture, other), rejectedAs("type_mismatch"));
    });
  }

  test("nothing, one byte and a bare magic number are refused (A-30)", async () => {
    await assert.rejects(identify(Buffer.alloc(0), ""), rejectedAs("not_an_image"));
    await assert.rejects(identify(Buffer.from([0xff]), "image/jpeg"), rejectedAs("not_an_image"));
    for (const magic of [
      "\xff\xd8\xff",
      "\x89PNG\r\n\x1a\n",
      "GIF89a",
      "RIFF\0\0\0\0WEBP",
      "RIFF\x04\0\0\0WEBP",
    ])
      await assert.rejects(identify(latin(magic), ""), rejectedAs("corrupt"));
    await assert.rejects(identify(ftyp("avif", "mif1"), ""), rejectedAs("corrupt"));
  });

  test("HTML, text, PDF, ZIP and random bytes are not_an_image, whatever they are called (A-24)", async () => {
    const pdf = latin("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n");
    const zip = latin("PK\x03\x04\x14\0\0\0\x08\0");
    const html = "<!doctype html><html><body><script>alert(1)</script><svg></svg></body></html>";
    const others = [
      latin(html),
      latin("a,b,c\n1,2,3\n"),
      pdf,
      zip,
      Buffer.alloc(5000, 0xa5),
      Buffer.alloc(5000),
    ];
    for (const bytes of others)
      await assert.rejects(identify(bytes, "image/jpeg"), rejectedAs("not_an_image"));
  });

  test("SVG in any dress is unsupported_type: its loader is never reached (A-25)", async () => {
    const dressed = [
      forbidden.svg?.toString() ?? "",
      '\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY a "aaaa">]>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<!-- c --><svg:svg xmlns:svg="http://www.w3.org/2000/svg"><script>1</script></svg:svg>',
    ];
    for (const svg of dressed)
      await assert.rejects(identify(Buffer.from(svg), "image/png"), rejectedAs("unsupported_type"));
  });

  test("pictures and films of kinds we do not take are unsupported_type (A-31, R-44)", async () => {
    const others: Record<string, Buffer> = {
      tiff: forbidden.tiff ?? Buffer.alloc(0),
      bmp: Buffer.concat([latin("BM"), Buffer.alloc(60)]),
      ico: Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0, 16, 16]), Buffer.alloc(60)]),
      psd: Buffer.concat([latin("8BPS\0\x01"), Buffer.alloc(60)]),
      jxl: Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.alloc(60)]),
      jxlBoxed: latin("\0\0\0\x0cJXL \r\n\x87\n"),
      jp2: latin("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 "),
      canonRaw: ftyp("crx ", "crx ", "isom"),
      fits: latin("SIMPLE  =                    T"),
      exr: latin("\x76\x2f\x31\x01\x02\0\0\0"),
      radiance: latin("#?RADIANCE\n"),
      vips: latin("\xb6\xa6\xf2\x08\0\0\0\0"),
      dicom: Buffer.concat([Buffer.alloc(128), latin("DICM"), Buffer.alloc(20)]),
      nifti: Buffer.concat([Buffer.alloc(344, 1), latin("n+1\0")]),
    };
    for (const [kind, bytes] of Object.entries(others))
      await assert.rejects(identify(bytes, "image/jpeg"), rejectedAs("unsupported_type"), kind);
  });

  test("films that are taken, called pictures, are type_mismatch: their sentence tells to rename them (R-43)", async () => {
    const films: Record<string, Buffer> = {
      mp4: ftyp("isom", "mp42"),
      mov: ftyp("qt  ", "qt  "),
      webm: latin(
        "\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04",
      ),
    };
    for (const [kind, bytes] of Object.entries(films))
      await assert.rejects(identify(bytes, "image/jpeg"), rejectedAs("type_mismatch"), kind);
  });

  test("an AVIF that names only the generic brand is still an AVIF (R-43)", async () => {
    const picture = await scene(8, 8).avif().toBuffer();
    picture.write("mif1", 8, "latin1");
    const end = picture.readUInt32BE(0);
    for (let at = 16; at < end; at += 4)
      if (picture.toString("latin1", at, at + 4) === "avif") picture.write("mif1", at);
    assert.equal((await identify(picture, "image/avif")).mime, "image/avif");
  });
});

describe("size", () => {
  test("a PNG of 400 megapixels in 48 KB is refused from its header alone (A-27)", async () => {
    const bomb = blackPng(20_000, 20_000);
    assert.ok(bomb.length < 60_000);
    const before = process.memoryUsage().rss;
    await assert.rejects(identify(bomb, "image/png"), rejectedAs("too_many_pixels"));
    assert.ok(process.memoryUsage().rss - before < 50 * 1024 * 1024);
  });

  test("headers that claim more than the limits are too_many_pixels in every kind (A-27, R-42)", async () => {
    const jpeg = await scene(8, 8).jpeg().toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65_535, frame + 5);
    jpeg.writeUInt16BE(65_535, frame + 7);
    const wide = latin("GIF89a\x31\x75\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;");
    const avif = await scene(8, 8).avif().toBuffer();
    avif.writeUInt32BE(1_000_000, avif.indexOf("ispe") + 8);
    const webp = await scene(8, 8).webp({ alphaQuality: 90 }).withMetadata().toBuffer();
    webp.writeUIntLE(0xffffff, webp.indexOf("VP8X") + 12, 3);
    const png = (width: number, height: number): Buffer =>
      Buffer.concat([
        pngSignature,
        pngHeader(width, height),
        pngChunk("IDAT", Buffer.alloc(9)),
        pngChunk("IEND", Buffer.alloc(0)),
      ]);
    for (const bomb of [jpeg, wide, avif, webp, png(2 ** 31, 1), png(30_001, 1), png(10_001, 10_000)])
      await assert.rejects(identify(bomb, ""), rejectedAs("too_many_pixels"));
  });

  test("a picture of no width or no height is corrupt (A-27)", async () => {
    for (const [width, height] of [
      [0, 5],
      [5, 0],
    ] as const) {
      const png = Buffer.concat([pngSignature, pngHeader(width, height), pngChunk("IEND", Buffer.alloc(0))]);
      await assert.rejects(identify(png, "image/png"), rejectedAs("corrupt"));
    }
  });

  test("the largest sides that are allowed pass: 30,000 × 1 and 1 × 30,000 (R-42)", async () => {
    for (const [width, height] of [
      [30_000, 1],
      [1, 30_000],
      [1, 1],
    ] as const) {
      const identity = await identify(blackPng(width, height), "image/png");
      assert.deepEqual([identity.width, identity.height], [width, height]);
    }
  });

  test("width and height are those shown, and the cost is that of the decode (I6)", async () => {
    const turned = withSegments(
      await scene(40, 30).jpeg().toBuffer(),
      exifSegment(exifBlock({ 274: [3, [6]] })),
    );
    const { width, height, pixels } = await identify(turned, "image/jpeg");
    assert.deepEqual([width, height, pixels], [30, 40, 1200]);
    const progressive = await scene(40, 30).jpeg({ progressive: true }).toBuffer();
    assert.equal((await identify(progressive, "image/jpeg")).pixels, 2400);
    assert.equal((await identify(await scene(40, 30).avif().toBuffer(), "")).pixels, 4800);
  });
});

describe("frames", () => {
  test("frames of an animation are counted and weigh in the cost (I6)", async () => {
    for (const format of ["gif", "webp"] as const) {
      const { frames, width, height } = await identify(await animation(format, 5), "");
      assert.deepEqual([frames, width, height], [5, 16, 16]);
    }
  });

  test("more frames than allowed are too_many_frames, counted without decoding (A-28)", async () => {
    await assert.rejects(identify(tinyGif(1, 1, 100_000), "image/gif"), rejectedAs("too_many_frames"));
    assert.equal((await identify(tinyGif(1, 1, limits.framesMax), "image/gif")).frames, limits.framesMax);
  });

  test("a giant canvas times its frames is too_many_frames (A-28)", async () => {
    await assert.rejects(identify(tinyGif(9_000, 9_000, 3), "image/gif"), rejectedAs("too_many_frames"));
    const webp = await animation("webp", 3);
    webp.writeUIntLE(8_999, webp.indexOf("VP8X") + 12, 3);
    webp.writeUIntLE(8_999, webp.indexOf("VP8X") + 15, 3);
    await assert.rejects(identify(webp, "image/webp"), rejectedAs("too_many_frames"));
  });

  test("a frame that reaches far past its canvas counts at its own size (A-28)", async () => {
    const gif = tinyGif(1, 1, 1);
    gif.writeUInt16LE(40_000, gif.indexOf(0x2c, 13) + 5);
    await assert.rejects(identify(gif, "image/gif"), rejectedAs("too_many_pixels"));
  });

  test("an animated PNG counts as the still it starts with", async () => {
    const control = Buffer.alloc(8);
    control.writeUInt32BE(2);
    const apng = withChunks(await scene(8, 8).png().toBuffer(), pngChunk("acTL", control));
    assert.deepEqual(
      [(await identify(apng, "image/png")).mime, (await identify(apng, "")).frames],
      ["image/png", 1],
    );
  });
});

describe("metadata (A-32, R-42)", () => {
  const full = (code: number, head: string, bytes: number): Buffer[] =>
    Array.from({ length: Math.ceil(bytes / 65_000) }, () =>
      segment(code, Buffer.concat([latin(head), Buffer.alloc(65_000)])),
    );

  test("an 8 MB profile, 30 MB of EXIF or 20 MB of XMP in a JPEG is too_much_metadata", async () => {
    const jpeg = await scene(8, 8).jpeg().toBuffer();
    for (const segments of [
      full(0xe2, "ICC_PROFILE\0\x01\x01", 8e6),
      full(0xe1, "Exif\0\0", 30e6),
      full(0xe1, "http://ns.adobe.com/xmp/extension/\0", 20e6),
      full(0xfe, "", 2e6),
      full(0xed, "Photoshop 3.0\0", 2e6),
    ])
      await assert.rejects(
        identify(withSegments(jpeg, ...segments), "image/jpeg"),
        rejectedAs("too_much_metadata"),
      );
  });

  test("5 MB of a telephone's depth map in extended XMP passes", async () => {
    const jpeg = await scene(8, 8).jpeg().toBuffer();
    const depth = full(0xe1, "http://ns.adobe.com/xmp/extension/\0", 5e6);
    assert.equal((await identify(withSegments(jpeg, ...depth), "image/jpeg")).width, 8);
  });

  test("the same in PNG, WebP, GIF and AVIF", async () => {
    const png = await scene(8, 8).png().toBuffer();
    const webp = await scene(8, 8).webp().withMetadata().toBuffer();
    const big = Buffer.alloc(2 ** 21, 32);
    const gif = await scene(8, 8).gif().toBuffer();
    const block = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(255, 32)]);
    const xmp = Buffer.concat([
      latin("\x21\xff\x0bXMP DataXMP"),
      ...Array.from({ length: 8192 }, () => block),
      Buffer.alloc(1),
    ]);
    const inTheMiddle = Buffer.concat([gif.subarray(0, gif.length - 1), xmp, latin(";")]);
    for (const picture of [
      withChunks(png, pngChunk("eXIf", big)),
      withChunks(png, pngChunk("iTXt", Buffer.concat([latin("XML:com.adobe.xmp\0\0\0\0\0"), big]))),
      withRiffChunks(webp, 0x08, riffChunk("EXIF", big)),
      withRiffChunks(webp, 0x04, riffChunk("XMP ", big)),
      inTheMiddle,
    ])
      await assert.rejects(identify(picture, ""), rejectedAs("too_much_metadata"));
    const avif = await scene(8, 8)
      .withExif({ IFD0: { Copyright: "x".repeat(50) } })
      .avif()
      .toBuffer();
    await assert.rejects(identify(withLongExif(avif), ""), rejectedAs("too_much_metadata"));
  });

  /** The same file, with the one extent of its Exif item said to be 2 MB long, and 2 MB to back that. */
  function withLongExif(avif: Buffer): Buffer {
    const iloc = avif.indexOf("iloc");
    const bytes = Buffer.concat([avif, box("free", Buffer.alloc(2 ** 21))]);
    const end = iloc - 4 + avif.readUInt32BE(iloc - 4);
    // The last extent in the table belongs to the last item: the picture is the first, EXIF the second.
    bytes.writeUInt32BE(2 ** 21, end - 4);
    return bytes;
  }

  test("a packed text that unpacks to a hundred times the limit is not unpacked", async () => {
    const bomb = deflateSync(Buffer.alloc(100 * limits.metadataBytesMax));
    const png = await scene(8, 8).png().toBuffer();
    const text = withChunks(png, pngChunk("zTXt", Buffer.concat([latin("a\0\0"), bomb])));
    const profile = withChunks(png, pngChunk("iCCP", Buffer.concat([latin("a\0\0"), bomb])));
    const many = withChunks(
      png,
      ...Array.from({ length: 200 }, () =>
        pngChunk("zTXt", Buffer.concat([latin("a\0\0"), deflateSync(Buffer.alloc(10_000))])),
      ),
    );
    for (const picture of [text, profile, many])
      await assert.rejects(identify(picture, ""), rejectedAs("too_much_metadata"));
  });

  test("a picture with a few kilobytes of each passes", async () => {
    const jpeg = await scene(8, 8).withIccProfile("p3").jpeg().toBuffer();
    const some = withSegments(
      jpeg,
      ...full(0xe1, "Exif\0\0", 1),
      ...full(0xe1, "http://ns.adobe.com/xap/1.0/\0", 1),
    );
    assert.equal((await identify(some, "image/jpeg")).width, 8);
  });
});

describe("damage found in the header (A-29)", () => {
  test("every kind that ends inside its header is corrupt, wherever it ends", async () => {
    for (const [format] of formats) {
      const picture = await scene(32, 32).toFormat(format).toBuffer();
      for (let length = 16; length < 60; length += 3) {
        if (format === "avif" && length < 40) continue;
        await assert.rejects(
          identify(picture.subarray(0, length), ""),
          rejectedAs("corrupt"),
          `${format} of ${length} bytes`,
        );
      }
    }
  });

  test("bytes changed at random end in an identity or a Rejection, never in another error", async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed % below;
    };
    for (const [format] of formats) {
      const picture = await scene(24, 24)
        .withExif({ IFD0: { Copyright: "c" } })
        .toFormat(format)
        .toBuffer();
      for (let n = 0; n < 150; n++) {
        const broken = Buffer.from(picture);
        for (let k = 0; k < 4; k++) broken[12 + random(Math.min(400, broken.length - 12))] = random(256);
        await identify(broken, "").catch((error: unknown) => {
          if (!(error instanceof Error) || error.name !== "Rejection") throw error;
        });
      }
    }
  });
});
