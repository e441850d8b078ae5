/** WebM: whether the file is whole, and where it says more than pictures and sounds: tags, attachments, chapters. */
import { corrupt } from "../structure.ts";
import { inOrder, type Patch } from "./patch.ts";
import type { Remote } from "./remote.ts";

const ids = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  tags: 0x1254c367,
  attachments: 0x1941a469,
  chapters: 0x1043a770,
  void: 0xec,
};
/** What may follow a cluster whose length nobody wrote. */
const level1 = new Set([
  ids.cluster,
  ids.tags,
  ids.attachments,
  ids.chapters,
  0x114d9b74,
  0x1549a966,
  0x1654ae6b,
  0x1c53bb6b,
]);
const blanked = new Set([ids.tags, ids.attachments, ids.chapters]);
const elementsMax = 5_000_000;
const plainTagsMax = 64 * 1024;
/** Names of tags that programs write about their own work. */
const plainTags = new Set([
  "ENCODER",
  "DURATION",
  "ENCODED_BY",
  "HANDLER_NAME",
  "MAJOR_BRAND",
  "MINOR_VERSION",
]);

type Element = {
  id: number;
  at: number;
  from: number /** undefined: nobody wrote how long it is. */;
  to?: number;
};

async function element(remote: Remote, at: number): Promise<Element> {
  const data = await remote.read(at, at + 12);
  const idBytes = Math.clz32(data[0] ?? 0) - 23;
  if (idBytes > 4 || data.length < idBytes + 1) throw corrupt("an element without a name");
  const first = data[idBytes] ?? 0;
  const sizeBytes = Math.clz32(first) - 23;
  if (sizeBytes > 8 || data.length < idBytes + sizeBytes) throw corrupt("an element without a size");
  let size = BigInt(first & (0xff >> sizeBytes));
  for (let n = 1; n < sizeBytes; n++) size = size * 256n + BigInt(data[idBytes + n] ?? 0);
  const from = at + idBytes + sizeBytes;
  const unknown = size === 2n ** BigInt(7 * sizeBytes) - 1n;
  return { id: data.readUIntBE(0, idBytes), at, from, ...(unknown ? {} : { to: from + Number(size) }) };
}

/** A Void of the same length in its place. */
function blank({ at, to }: { at: number; to: number }): Patch {
  const content = to - at - 9;
  // Shorter than a name and a long size: nothing can be said in it.
  if (content < 0) return { at, bytes: to - at, head: String.fromCharCode(0xec, 0x80 + (to - at - 2)) };
  const size = [...Buffer.from(content.toString(16).padStart(14, "0"), "hex")];
  return { at, bytes: to - at, head: String.fromCharCode(0xec, 0x01, ...size) };
}

/** Tags in which a program names itself, and nothing else. */
async function isPlain(remote: Remote, from: number, to: number): Promise<boolean> {
  if (to - from > plainTagsMax) return false;
  const data = await remote.read(from, to);
  let count = 0;
  for (
    let at = data.indexOf("\x45\xa3", 0, "latin1");
    at >= 0;
    at = data.indexOf("\x45\xa3", at + 2, "latin1")
  ) {
    const bytes = (data[at + 2] ?? 0) & 0x7f;
    if (!plainTags.has(data.toString("latin1", at + 3, at + 3 + bytes).replace(/\0+$/, ""))) return false;
    count += 1;
  }
  return count > 0;
}

/** Throws Rejection corrupt. */
export async function readWebm(remote: Remote): Promise<{ patches: Patch[] }> {
  const head = await element(remote, 0);
  const segment = await element(remote, head.to ?? 0);
  if (segment.id !== ids.segment) throw corrupt("no segment");
  if ((segment.to ?? 0) > remote.bytes) throw corrupt("the file is cut off");
  const end = segment.to ?? remote.bytes;
  const patches: Patch[] = [];
  let count = 0;
  for (let at = segment.from; at < end; ) {
    const found = await element(remote, at);
    count += 1;
    if (count > elementsMax) throw corrupt("too many elements");
    // Blocks of a cluster without a length are passed one by one.
    if (found.to === undefined) {
      if (!level1.has(found.id)) throw corrupt("an element without an end");
      at = found.from;
      continue;
    }
    if (found.to > end) throw corrupt("an element is longer than what holds it");
    if (blanked.has(found.id) && !(await isPlain(remote, found.from, found.to)))
      patches.push(blank({ at: found.at, to: found.to }));
    if (
      found.id === ids.void &&
      (await remote.read(found.from, Math.min(found.to, found.from + 1024))).some((b) => b !== 0)
    )
      patches.push(blank({ at: found.at, to: found.to }));
    at = found.to;
  }
  // What follows the segment is of no use to a player.
  if (end < remote.bytes) patches.push({ at: end, bytes: remote.bytes - end });
  return { patches: inOrder(patches) };
}
