import assert from "node:assert/strict";
import { it } from "node:test";
import { ByteReader } from "./byte-reader.ts";

const delimiter = Buffer.from("\r\n--edge");
/** Beginnings of the delimiter that do not go on, right up to the real one. */
const inside = "a\r\n--edg\r\n-\r\r\n--e--edge\r\n--edg";

async function* split(text: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

async function readPieces(reader: ByteReader): Promise<{ text: string; found: boolean }> {
  let text = "";
  const pieces = reader.pieces(delimiter);
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) return { text, found: next.value };
    text += next.value.toString();
  }
}

it("finds a delimiter wherever the network cuts it", async () => {
  const text = `${inside}${delimiter}rest`;
  for (let size = 1; size <= text.length; size++) {
    const reader = new ByteReader(split(text, size));
    assert.deepEqual(await readPieces(reader), { text: inside, found: true }, `pieces of ${size}`);
    assert.equal((await reader.exactly(4))?.toString(), "rest");
    assert.equal(await reader.atEnd(), true);
    const again = new ByteReader(split(text, size));
    assert.equal((await again.until(delimiter, 100))?.toString(), inside);
  }
});

it("says that the delimiter never came", async () => {
  for (let size = 1; size <= inside.length; size++)
    assert.equal((await readPieces(new ByteReader(split(inside, size)))).found, false);
});

it("stops looking for a delimiter past the limit", async () => {
  for (const size of [1, 7, 1000])
    assert.equal(
      await new ByteReader(split(`${"x".repeat(101)}${delimiter}`, size)).until(delimiter, 100),
      undefined,
    );
});
