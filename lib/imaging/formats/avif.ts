/** AVIF: a walk over its boxes that says how large things are. */
import { corrupt, type Structure } from "../structure.ts";
import { boxes, Cursor, metaBoxes, metadataExtents } from "./boxes.ts";

/**
 * The same picture with its EXIF and XMP overwritten by zeros where they lie: taking them out would move the pixels,
 * whose offsets are written all over the file. What follows the boxes stays; a reader ignores it.
 */
export function stripAvif(original: Buffer): Buffer {
  const stripped = Buffer.from(original);
  const meta = metaBoxes(original);
  for (const { method, offset, length } of metadataExtents(meta)) {
    const start = offset + (method === 1 ? (meta.get("idat")?.at ?? 0) : 0);
    // A length of 0 stands for the whole file: blanking that would take the picture with it.
    if (method > 1 || length === 0 || start + length > stripped.length)
      throw corrupt("metadata out of reach");
    stripped.fill(0, start, start + length);
  }
  return stripped;
}

export function readAvif(original: Buffer): Structure {
  const meta = metaBoxes(original);
  const found: Structure = {
    width: 0,
    height: 0,
    frames: 1,
    wholeFrame: true,
    deep: false,
    profileBytes: 0,
    exifBytes: 0,
    xmpBytes: 0,
  };
  for (const { exif, length } of metadataExtents(meta)) {
    if (exif) found.exifBytes += length;
    else found.xmpBytes += length;
  }
  const properties = Array.from(boxes(meta.get("iprp")?.data ?? Buffer.alloc(0))).find(
    ({ type }) => type === "ipco",
  );
  for (const { type, data } of boxes(properties?.data ?? Buffer.alloc(0))) {
    if (type === "ispe") {
      const cursor = new Cursor(data, 4);
      // The largest of all items bounds what any decoder may be asked for: a grid is larger than its tiles.
      found.width = Math.max(found.width, cursor.uint(4));
      found.height = Math.max(found.height, cursor.uint(4));
    } else if (type === "pixi") found.deep ||= data.subarray(5).some((bits) => bits > 8);
    else if (type === "colr" && data.toString("latin1", 0, 4) !== "nclx") found.profileBytes += data.length;
  }
  return found;
}
