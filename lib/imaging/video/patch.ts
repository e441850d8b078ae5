/** Bytes to overwrite so that a video tells nothing but its pictures and sounds; nothing moves, so every index holds. */
export type Patch = {
  at: number;
  /** So many zeros from there on. */
  bytes: number;
  /** Latin-1, over the first of them. */
  head?: string;
};

/** The same bytes with the patches on them. They lie in order and do not overlap. */
export async function* patched(
  body: AsyncIterable<Uint8Array>,
  patches: readonly Patch[],
): AsyncGenerator<Uint8Array> {
  let position = 0;
  let first = 0;
  for await (const piece of body) {
    const end = position + piece.length;
    let out = piece;
    for (let n = first; n < patches.length; n++) {
      const patch = patches[n];
      if (patch === undefined || patch.at >= end) break;
      if (patch.at + patch.bytes <= position) {
        first = n + 1;
        continue;
      }
      if (out === piece) out = Uint8Array.from(piece);
      cover(out, position, patch);
    }
    yield out;
    position = end;
  }
}

/** The same of what is held whole. */
export function patchedWhole(whole: Buffer, patches: readonly Patch[]): Buffer {
  const out = Buffer.from(whole);
  for (const patch of patches) cover(out, 0, patch);
  return out;
}

function cover(out: Uint8Array, position: number, { at, bytes, head = "" }: Patch): void {
  out.fill(0, Math.max(0, at - position), Math.min(out.length, at + bytes - position));
  for (let n = 0; n < head.length; n++) {
    const place = at + n - position;
    if (place >= 0 && place < out.length) out[place] = head.charCodeAt(n);
  }
}

/** In order, overlapping ones made one; a head that lies within another patch is dropped with it. */
export function inOrder(patches: Patch[]): Patch[] {
  const sorted = patches.filter(({ bytes }) => bytes > 0).sort((a, b) => a.at - b.at);
  const found: Patch[] = [];
  for (const patch of sorted) {
    const last = found.at(-1);
    if (last === undefined || patch.at >= last.at + last.bytes) found.push({ ...patch });
    else last.bytes = Math.max(last.bytes, patch.at + patch.bytes - last.at);
  }
  return found;
}
