import assert from "node:assert/strict";
import { before, test } from "node:test";
import sharp from "sharp";
import {
  animation,
  exifBlock,
  exifSegment,
  metadataIn,
  riffChunk,
  scene,
  segment,
  withChunks,
  withRiffChunks,
  withSegments,
} from "./fixtures.ts";
import { pngChunk } from "./formats/png.ts";
import { derive, identify, lockDown, readFacts, withoutMetadata } from "./index.ts";

before(lockDown);

const secret = "Hidden Valley 7";
const place = exifBlock({ 270: [2, secret], 274: [3, [6]] }, {}, { 1: [2, "N"], 2: [5, [[51, 1]]] });
const xmp = Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${secret}</x:xmpmeta>`);

const pixels = (picture: Buffer): Promise<Buffer> =>
  sharp(picture, { autoOrient: true, pages: -1 }).raw().toBuffer();

async function assertClean(original: Buffer, stripped: Buffer): Promise<void> {
  assert.ok(original.includes(secret));
  for (const trace of [secret, "xmpmeta", "GPS", "Photoshop"])
    assert.equal(stripped.includes(trace), false, trace);
  assert.deepEqual(await pixels(stripped), await pixels(original), "same pixels, same way up");
}

test("a JPEG loses EXIF, XMP, IPTC, comments, thumbnails and appended pictures; it keeps profile and orientation (R-46)", async () => {
  for (const progressive of [false, true]) {
    const whole = await scene(90, 60).withIccProfile("p3").jpeg({ progressive }).toBuffer();
    // A comment between the scans of a progressive picture, or before the only one.
    const scan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const comment = segment(0xfe, Buffer.from(secret));
    const jpeg = Buffer.concat([whole.subarray(0, scan), comment, whole.subarray(scan)]);
    const thumbnail = Buffer.from([0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9]);
    const original = Buffer.concat([
      withSegments(
        jpeg,
        segment(0xe0, thumbnail),
        exifSegment(place),
        segment(0xe1, Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0"), xmp])),
        segment(0xe2, Buffer.from(`MPF\0${secret}`)),
        segment(0xed, Buffer.from(`Photoshop 3.0\0${secret}`)),
        segment(0xfe, Buffer.from(secret)),
      ),
      withSegments(await scene(9, 9).jpeg().toBuffer(), exifSegment(place)),
      Buffer.from(`ftypmp42${secret}`),
    ]);
    const stripped = withoutMetadata(original, "image/jpeg");
    await assertClean(original, stripped);
    const found = await sharp(stripped).metadata();
    assert.deepEqual(
      [found.orientation, found.icc?.length, found.xmp, found.exif?.length],
      [6, 480, undefined, 32],
    );
    assert.equal(stripped.includes(Buffer.from([9, 9, 9])), false);
    assert.ok(
      stripped.includes(Buffer.from("JFIF\0\x01\x01\0\0\x01\0\x01\0\0", "latin1")),
      "no thumbnail is promised",
    );
  }
});

test("a CMYK JPEG keeps the flag that says how its inks are stored", async () => {
  const cmyk = await scene(32, 32).toColourspace("cmyk").jpeg().toBuffer();
  const original = withSegments(cmyk, segment(0xfe, Buffer.from(secret)));
  await assertClean(original, withoutMetadata(original, "image/jpeg"));
});

test("a PNG loses texts, times and EXIF but for the orientation (R-46)", async () => {
  const png = await scene(30, 20, 4).withIccProfile("p3").png().toBuffer();
  const original = Buffer.concat([
    withChunks(
      png,
      pngChunk("eXIf", place),
      pngChunk("tEXt", Buffer.from(`Comment\0${secret}`)),
      pngChunk("iTXt", Buffer.concat([Buffer.from("XML:com.adobe.xmp\0\0\0\0\0"), xmp])),
      pngChunk("tIME", Buffer.from([7, 232, 5, 6, 7, 8, 9])),
      pngChunk("prVt", Buffer.from(secret)),
    ),
    Buffer.from(secret),
  ]);
  const stripped = withoutMetadata(original, "image/png");
  await assertClean(original, stripped);
  const found = await sharp(stripped).metadata();
  assert.deepEqual([found.orientation, found.icc?.length, found.hasAlpha], [6, 480, true]);
});

test("a WebP loses EXIF and XMP and says so in its header (R-46)", async () => {
  const webp = await scene(30, 20, 4).withIccProfile("p3").webp().toBuffer();
  const original = withRiffChunks(
    webp,
    0x0c,
    riffChunk("EXIF", place),
    riffChunk("XMP ", xmp),
    riffChunk("SECR", Buffer.from(secret)),
  );
  const stripped = withoutMetadata(original, "image/webp");
  await assertClean(original, stripped);
  const found = await sharp(stripped).metadata();
  assert.deepEqual(
    [found.orientation, found.icc?.length, found.xmp, found.hasAlpha],
    [6, 480, undefined, true],
  );
  assert.equal(stripped.readUInt32LE(4) + 8, stripped.length);
  const upright = withRiffChunks(
    webp,
    0x0c,
    riffChunk("EXIF", exifBlock({ 270: [2, secret] })),
    riffChunk("XMP ", xmp),
  );
  const plain = withoutMetadata(upright, "image/webp");
  assert.deepEqual(await metadataIn(plain), []);
  assert.equal((plain[20] ?? 0xff) & 0x0c, 0);
});

test("an animated WebP plays the same without its metadata (R-46)", async () => {
  const webp = await animation("webp", 3);
  const original = withRiffChunks(webp, 0x04, riffChunk("XMP ", xmp));
  const stripped = withoutMetadata(original, "image/webp");
  await assertClean(original, stripped);
  assert.equal((await identify(stripped, "image/webp")).frames, 3);
});

test("a GIF loses comments, texts and foreign application data; it keeps its loop and its timing (R-46)", async () => {
  const gif = await animation("gif", 3);
  const chain = (data: Buffer): Buffer => Buffer.concat([Buffer.from([data.length]), data, Buffer.alloc(1)]);
  const foreign = Buffer.concat([
    Buffer.from([0x21, 0xfe]),
    chain(Buffer.from(secret)),
    Buffer.from("\x21\xff\x0bXMP DataXMP", "latin1"),
    chain(xmp),
  ]);
  const end = gif.length - 1;
  const original = Buffer.concat([gif.subarray(0, end), foreign, gif.subarray(end), Buffer.from(secret)]);
  const stripped = withoutMetadata(original, "image/gif");
  assert.equal(stripped.includes(secret), false);
  assert.deepEqual(await pixels(stripped), await pixels(gif));
  const found = await sharp(stripped, { pages: -1 }).metadata();
  assert.deepEqual([found.pages, found.loop, found.delay], [3, 0, [80, 80, 80]]);
});

test("an AVIF keeps its length and its pixels; EXIF is blank (R-46)", async () => {
  const picture = scene(30, 20).withExif({
    IFD0: { ImageDescription: secret },
    IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1" },
  });
  const original = await picture.avif({ lossless: true }).toBuffer();
  const stripped = withoutMetadata(original, "image/avif");
  assert.equal(stripped.length, original.length);
  await assertClean(original, stripped);
  const identity = await identify(stripped, "image/avif");
  const facts = await readFacts(stripped, identity);
  assert.deepEqual([facts.latitude, facts.description], [undefined, undefined]);
  assert.ok((await derive(stripped, identity)).renditions.length > 0);
});
