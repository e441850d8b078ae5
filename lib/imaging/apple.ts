/** What an iPhone writes into both halves of a Live Photo, as its still has it: in a note of the maker's inside EXIF. */

const mark = Buffer.from("Apple iOS\0");
/** Two bytes of version and two that name the order of bytes follow the mark. */
const directoryAt = 14;
const contentIdTag = 0x11;
const asciiType = 2;
const entriesMax = 500;

/** As a clip names it as well; anything that is no such name is no sign that two files belong together. */
export const isContentId = (text: string | undefined): text is string =>
  text !== undefined && /^[\w-]{8,100}$/.test(text);

/** The name that the clip of this still has as well; undefined for a note of another maker. Never throws. */
export function contentIdIn(note: Uint8Array): string | undefined {
  const data = Buffer.from(note.buffer, note.byteOffset, note.byteLength);
  if (!data.subarray(0, mark.length).equals(mark) || data.length < directoryAt + 2) return undefined;
  const little = data.toString("latin1", directoryAt - 2, directoryAt) === "II";
  const short = (at: number): number => (little ? data.readUInt16LE(at) : data.readUInt16BE(at));
  const long = (at: number): number => (little ? data.readUInt32LE(at) : data.readUInt32BE(at));
  const count = Math.min(short(directoryAt), entriesMax);
  for (let n = 0, at = directoryAt + 2; n < count && at + 12 <= data.length; n++, at += 12) {
    if (short(at) !== contentIdTag || short(at + 2) !== asciiType) continue;
    const length = long(at + 4);
    const from = length <= 4 ? at + 8 : long(at + 8);
    const text = data.toString("latin1", from, from + length).split("\0", 1)[0];
    return isContentId(text) ? text : undefined;
  }
  return undefined;
}
