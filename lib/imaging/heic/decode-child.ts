/**
 * A process of its own, started by decode.ts for one HEIC picture: the picture comes on standard input, its pixels leave
 * on standard output behind a head of three numbers. Nothing here knows a secret, a store or a database, and it ends by
 * itself when its time is over or the worker has gone.
 */
import { createRequire } from "node:module";
import { buffer } from "node:stream/consumers";
import { leave, startLimits } from "../within.ts";
import type { Failure, Libheif } from "./libheif.ts";

const [secondsText = "60", memoryText = "1024"] = process.argv.slice(2);

startLimits(Number(secondsText), Number(memoryText));

function fail(failure: Failure): never {
  process.stderr.write(JSON.stringify(failure));
  leave("failed");
}

const write = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

const original = await buffer(process.stdin);
const open: () => Libheif = createRequire(import.meta.url)("libheif-js/libheif-wasm/libheif-bundle.js");
const heif = open();
const context = heif.heif_context_alloc();
const read = heif.heif_context_read_from_memory(context, original);
if (read.code !== heif.heif_error_Ok) fail({ message: read.message, memory: /memory/i.test(read.message) });
const handle = heif.heif_js_context_get_primary_image_handle(context);
if (handle === undefined || "code" in handle) fail({ message: "no primary picture", memory: false });
const channels = heif.heif_image_handle_has_alpha_channel(handle) === 0 ? 3 : 4;
const decoded = heif.heif_js_decode_image2(
  handle,
  heif.heif_colorspace_RGB,
  channels === 3 ? heif.heif_chroma_interleaved_RGB : heif.heif_chroma_interleaved_RGBA,
);
const [plane] = "channels" in decoded ? decoded.channels : [];
if (plane === undefined) {
  const message = "message" in decoded ? decoded.message : "no pixels";
  fail({ message, memory: /memory|alloc/i.test(message) });
}
const head = Buffer.alloc(12);
head.writeUInt32BE(plane.width, 0);
head.writeUInt32BE(plane.height, 4);
head.writeUInt32BE(channels, 8);
await write(head);
const row = plane.width * channels;
if (plane.stride === row) await write(plane.data.subarray(0, row * plane.height));
else
  for (let y = 0; y < plane.height; y++)
    await write(Buffer.from(plane.data.subarray(y * plane.stride, y * plane.stride + row)));
leave("done");
