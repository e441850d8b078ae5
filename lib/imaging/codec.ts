/** The only file that imports sharp. Nothing is decoded in this process until `lockDown` has proved the lock. */
import "./untrusted.ts";
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { limits } from "#lib/media.ts";

const loaders = ["Jpeg", "Png", "Webp", "Nsgif", "Heif"];

/** Each picture uses one thread; the worker runs as many pictures at a time as it has cores (2 × 1 beats 1 × 2). */
const threadsPerPicture = 1;

const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>',
);

/** A whole 1 × 1 grey TIFF: ten entries of one directory and one pixel, which every TIFF reader takes. */
const tiff = ((): Buffer => {
  const entries = [
    [256, 4, 1],
    [257, 4, 1],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 134],
    [277, 3, 1],
    [278, 4, 1],
    [279, 4, 1],
    [284, 3, 1],
  ] as const;
  const bytes = Buffer.alloc(135);
  bytes.write("II*\0", "latin1");
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  for (const [n, [tag, type, value]] of entries.entries()) {
    const at = 10 + n * 12;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
})();

/** Whole files of kinds that must not be decodable, exported so that a test can show an unlocked sharp takes them. */
export const forbidden: Readonly<Record<string, Buffer>> = { svg, tiff };

let locked = false;
/** A Display P3 profile of 480 bytes, from libvips itself: renditions carry this one, never the visitor's. */
let displayP3: Buffer | undefined;

/** True when sharp decodes the bytes; a failure is the answer here, whatever its reason. */
const decodes = (bytes: Buffer): Promise<boolean> =>
  sharp(bytes)
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );

/**
 * Blocks every libvips loader but JPEG, PNG, WebP, GIF and AVIF for this whole process and proves it.
 * Must be called, and awaited, before any other door of imaging. Throws when the lock does not hold.
 */
export async function lockDown(): Promise<void> {
  if (locked) return;
  sharp.cache(false);
  sharp.concurrency(threadsPerPicture);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: loaders.map((loader) => `VipsForeignLoad${loader}`) });
  const pixel = { create: { width: 1, height: 1, channels: 3, background: "#888" } } as const;
  for (const [kind, bytes] of Object.entries(forbidden)) {
    if (await decodes(bytes))
      throw new Error(`The image decoder could not be locked down: it still reads ${kind}.`);
  }
  if (!(await decodes(await sharp(pixel).jpeg().toBuffer()))) {
    throw new Error("The image decoder could not be locked down: it does not read JPEG either.");
  }
  displayP3 = (await sharp(await sharp(pixel).withIccProfile("p3").png().toBuffer()).metadata()).icc;
  locked = true;
}

const mustBeLocked = (): void => {
  if (!locked) throw new Error("Call lockDown() before any other part of imaging.");
};

/** Opens an original: untrusted bytes, so any warning is an error and the pixel cap holds. */
export function openOriginal(original: Buffer, options: SharpOptions = {}): Sharp {
  mustBeLocked();
  return sharp(original, {
    failOn: "warning",
    limitInputPixels: limits.pixelsMax,
    autoOrient: true,
    ...options,
  });
}

/** Opens pixels that this process decoded before. */
export function openOwn(input: Buffer, options: SharpOptions = {}): Sharp {
  mustBeLocked();
  return sharp(input, options);
}

export function displayP3Profile(): Buffer {
  mustBeLocked();
  if (displayP3 === undefined) throw new Error("libvips has no Display P3 profile.");
  return displayP3;
}

export type { Sharp };
