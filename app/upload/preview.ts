/**
 * Small pictures of the files in sight, made in the browser. At most one is decoded at a time, a bounded number is
 * kept, and they are drawn on a canvas, so that the page needs no permission for blob: addresses.
 */
const side = 112;
const keptMax = 150;
const decodeBytesMax = 40 * 1024 * 1024;

const kept = new Map<string, ImageBitmap | undefined>();
type Wish = { id: string; file: File; done: (bitmap: ImageBitmap | undefined) => void };
let wishes: Wish[] = [];
let busy = false;

/** Calls back once with the small picture, or with undefined for a file the browser cannot show. Returns how to stop asking. */
export function preview(id: string, file: File, done: (bitmap: ImageBitmap | undefined) => void): () => void {
  if (kept.has(id)) {
    done(kept.get(id));
    return () => undefined;
  }
  const wish = { id, file, done };
  wishes.push(wish);
  void work();
  return () => {
    wishes = wishes.filter((other) => other !== wish);
  };
}

async function work(): Promise<void> {
  if (busy) return;
  busy = true;
  // The newest wish first: that row has just come into sight.
  for (let wish = wishes.pop(); wish !== undefined; wish = wishes.pop()) {
    const bitmap = kept.has(wish.id) ? kept.get(wish.id) : await decode(wish.file);
    kept.set(wish.id, bitmap);
    // Not closed when it leaves: a row may still show it. The garbage collector frees it.
    for (const id of kept.keys()) {
      if (kept.size <= keptMax) break;
      kept.delete(id);
    }
    wish.done(bitmap);
  }
  busy = false;
}

async function decode(file: File): Promise<ImageBitmap | undefined> {
  if (file.size > decodeBytesMax) return undefined;
  // Not a picture after all, or one this browser cannot show: the row keeps its plain sign.
  return createImageBitmap(file, { resizeWidth: side * 2, resizeQuality: "medium" }).catch(() => undefined);
}

/** Fills a square canvas with the middle of the picture. */
export function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const edge = Math.min(bitmap.width, bitmap.height);
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  const left = (bitmap.width - edge) / 2;
  const top = (bitmap.height - edge) / 2;
  context?.drawImage(bitmap, left, top, edge, edge, 0, 0, side, side);
}
