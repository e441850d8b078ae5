/** Of a TIFF block, as EXIF uses it, only the orientation: what a picture loses when its metadata goes. */
const orientationTag = 0x0112;

/** 1 to 8; 1 whenever the block does not clearly say otherwise. */
export function orientationIn(block: Buffer): number {
  const order = block.toString("latin1", 0, 2);
  if (block.length < 8 || (order !== "II" && order !== "MM")) return 1;
  const little = order === "II";
  const u16 = (at: number): number =>
    at + 2 > block.length ? 0 : little ? block.readUInt16LE(at) : block.readUInt16BE(at);
  const first = little ? block.readUInt32LE(4) : block.readUInt32BE(4);
  const entries = u16(first);
  for (let n = 0; n < entries; n++) {
    const at = first + 2 + n * 12;
    if (at + 12 > block.length) return 1;
    if (u16(at) === orientationTag) {
      const value = u16(at + 8);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

/** The smallest TIFF block that says how to turn a picture, and nothing else. */
export function orientationOnly(orientation: number): Buffer {
  const block = Buffer.alloc(26);
  block.write("MM\0*", "latin1");
  block.writeUInt32BE(8, 4);
  block.writeUInt16BE(1, 8);
  block.writeUInt16BE(orientationTag, 10);
  block.writeUInt16BE(3, 12);
  block.writeUInt32BE(1, 14);
  block.writeUInt16BE(orientation, 18);
  return block;
}
