/** Keys in the order in which buckets list them, and joining two streams in that order. */

/** Beyond these, the order of JavaScript (by UTF-16 units) is not that of UTF-8 bytes. */
const plain = /^[\0-\ud7ff]*$/;

/** By bytes, as stores list keys. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (plain.test(a) && plain.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Everything that begins with `prefix` sorts before this, and hardly anything else between. */
export const pastPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

/** One stream from several that are each in order. Holds one element of each. */
export async function* inOrder<T>(
  keyOf: (one: T) => string,
  streams: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const open = await Promise.all(
    streams.map(async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      return { iterator, next: await iterator.next() };
    }),
  );
  for (;;) {
    let first: (typeof open)[number] | undefined;
    for (const one of open)
      if (
        one.next.done !== true &&
        (first === undefined ||
          first.next.done === true ||
          compareKeys(keyOf(one.next.value), keyOf(first.next.value)) < 0)
      )
        first = one;
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = await first.iterator.next();
  }
}

export type Joined<L, R> =
  | { left: L; right: R }
  | { left: L; right?: undefined }
  | { left?: undefined; right: R };

/** Merge join of two ordered streams: what only one of them has, and what both have. Flat in memory. */
export async function* mergeJoin<L, R>(
  left: AsyncIterable<L>,
  right: AsyncIterable<R>,
  keys: { left: (one: L) => string; right: (one: R) => string },
): AsyncGenerator<Joined<L, R>> {
  const [lefts, rights] = [left[Symbol.asyncIterator](), right[Symbol.asyncIterator]()];
  let [l, r] = await Promise.all([lefts.next(), rights.next()]);
  try {
    while (l.done !== true || r.done !== true) {
      const order =
        l.done === true ? 1 : r.done === true ? -1 : compareKeys(keys.left(l.value), keys.right(r.value));
      if (l.done !== true && r.done !== true && order === 0) {
        yield { left: l.value, right: r.value };
        [l, r] = await Promise.all([lefts.next(), rights.next()]);
      } else if (order < 0 && l.done !== true) {
        yield { left: l.value };
        l = await lefts.next();
      } else if (r.done !== true) {
        yield { right: r.value };
        r = await rights.next();
      }
    }
  } finally {
    await Promise.all([lefts.return?.(), rights.return?.()]);
  }
}
