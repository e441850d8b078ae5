/** How a static file is stored: its type, how long browsers keep it, and packed or not. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib } from "node:zlib";
import mime from "mime";
import type { ObjectMeta, SizedStream } from "../storage/port.ts";
import type { StaticFile } from "./files.ts";

export const encodings = ["gzip", "br", "none"] as const;
export type Encoding = (typeof encodings)[number];

const typeOf = (name: string): string => {
  // Next copies the source of a worker beside its script; to others this ending means a film.
  if (path.extname(name) === ".ts") return "text/plain";
  return mime.getType(name) ?? "application/octet-stream";
};
const isText = (type: string): boolean => /^text\/|[/+](json|xml|javascript)$/.test(type);

/** The Content-Type of a file by its name; bytes that are not known are offered for saving. */
export function contentTypeOf(name: string): string {
  const type = typeOf(name);
  return isText(type) ? `${type}; charset=utf-8` : type;
}

/** Not text, and yet smaller when packed. */
const shrinking = new Set([
  "application/vnd.ms-fontobject",
  "application/wasm",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/vnd.microsoft.icon",
  "image/x-icon",
]);
const isPackable = (name: string): boolean => isText(typeOf(name)) || shrinking.has(typeOf(name));

/** A year: the name is another one when the content is. */
export const forever = "public, max-age=31536000, immutable";
/** Five minutes, then asked again while the old one is shown. */
export const briefly = "public, max-age=300, stale-while-revalidate=86400";

/** Larger ones are sent as they are, piece by piece, and not tried again: nothing that big is text a page waits for. */
const heldBytesMax = 16 * 1024 * 1024;
/** A file that shrinks by less is not worth being unpacked. */
const worthwhile = 0.9;

/** What the headers will be, before anything is packed: `encoding` is what will be tried. */
export type Dress = { contentType: string; cacheControl: string; encoding: Encoding };

export const dressOf = (file: StaticFile, encoding: Encoding): Dress => ({
  contentType: contentTypeOf(file.path),
  cacheControl: file.hashed ? forever : briefly,
  encoding: isPackable(file.path) && file.bytes <= heldBytesMax ? encoding : "none",
});

/**
 * The SHA-256 of what a file is and how it would be stored. Not of the packed bytes, which another release of the
 * packer makes differently.
 */
export async function fingerprint(file: StaticFile, dress: Dress): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(dress));
  for await (const piece of createReadStream(file.path)) hash.update(piece);
  return hash.digest("hex");
}

const pack: Record<Exclude<Encoding, "none">, (bytes: Buffer) => Promise<Buffer>> = {
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [zlib.BROTLI_PARAM_QUALITY]: zlib.BROTLI_MAX_QUALITY,
        [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
};

/** What is sent for a file: the body, packed where that is worth it, and what goes with it. */
export async function parcel(
  file: StaticFile,
  dress: Dress,
): Promise<{ body: Uint8Array | SizedStream; bytes: number; meta: ObjectMeta }> {
  const { contentType, cacheControl, encoding } = dress;
  const meta: ObjectMeta = { contentType, cacheControl };
  if (file.bytes > heldBytesMax)
    return { body: { stream: createReadStream(file.path), bytes: file.bytes }, bytes: file.bytes, meta };
  const plain = await readFile(file.path);
  if (encoding === "none") return { body: plain, bytes: plain.length, meta };
  const packed = await pack[encoding](plain);
  if (packed.length > plain.length * worthwhile) return { body: plain, bytes: plain.length, meta };
  return { body: packed, bytes: packed.length, meta: { ...meta, contentEncoding: encoding } };
}
