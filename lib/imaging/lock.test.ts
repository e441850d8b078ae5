import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import sharp from "sharp";
import { forbidden } from "./codec.ts";
import { scene } from "./fixtures.ts";
import { derive, identify, lockDown, Rejection } from "./index.ts";

const run = promisify(execFile);

test("no door decodes anything before the decoder is locked down (R-41)", async () => {
  const picture = await scene(8, 8).jpeg().toBuffer();
  const fault = (error: unknown): boolean => error instanceof Error && !(error instanceof Rejection);
  await assert.rejects(identify(picture, "image/jpeg"), fault);
  await assert.rejects(
    derive(picture, { mime: "image/jpeg", width: 8, height: 8, frames: 1, pixels: 64 }),
    fault,
  );
});

test("SVG and TIFF, whole files of which an unlocked decoder reads, are refused after lockDown (R-41, A-25, A-31)", async () => {
  const unlocked = `
    import sharp from "sharp";
    for (const bytes of process.argv.slice(1)) await sharp(Buffer.from(bytes, "base64")).raw().toBuffer();
    process.stdout.write("read");
  `;
  const args = [
    "--input-type=module",
    "-e",
    unlocked,
    ...Object.values(forbidden).map((b) => b.toString("base64")),
  ];
  const { VIPS_BLOCK_UNTRUSTED: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname, env });
  assert.equal(stdout, "read");

  await lockDown();
  for (const bytes of Object.values(forbidden))
    await assert.rejects(sharp(bytes).raw().toBuffer(), /unsupported image format/);
});

test("the five kinds still decode after lockDown, and locking twice is harmless (R-41)", async () => {
  await lockDown();
  for (const format of ["jpeg", "png", "webp", "gif", "avif"] as const) {
    const picture = await scene(16, 16).toFormat(format).toBuffer();
    assert.equal((await sharp(picture).raw().toBuffer({ resolveWithObject: true })).info.width, 16);
  }
});

test("the decoder keeps no cache and uses one thread a picture (I7)", async () => {
  await lockDown();
  assert.deepEqual([sharp.cache().memory.max, sharp.cache().items.max], [0, 0]);
  assert.equal(sharp.concurrency(), 1);
});
