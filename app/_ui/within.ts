import { createElement, Fragment, type ReactNode } from "react";

const firstMark = 0xe000;

/** Stands for the n-th part while a sentence is put together: a letter that no sentence has of its own. */
export const mark = (n: number): string => String.fromCodePoint(firstMark + n);

/** A sentence with more than text in it: `within(w("until", { date: mark(0) }), <Day at={at} />)`. */
export function within(sentence: string, ...parts: ReactNode[]): ReactNode {
  const pieces = sentence.split(/([\ue000-\ue0ff])/);
  const nodes = pieces.map((piece) => {
    const n = (piece.codePointAt(0) ?? 0) - firstMark;
    return n >= 0 && n < parts.length ? parts[n] : piece;
  });
  return createElement(Fragment, null, ...nodes);
}
