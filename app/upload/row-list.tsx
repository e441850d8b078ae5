"use client";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { w } from "#lib/words/upload.ts";
import type { SizeLimits } from "./judge.ts";
import type { Queue } from "./queue.ts";
import { RowLine } from "./row-line.tsx";

const chunkRows = 25;
const rowHeight = 65;

/**
 * Thousands of rows, of which only those near the window are in the document; their heights may differ. A frame of
 * progress renders the rows that moved and not this.
 */
export const RowList = memo(function RowList({
  queue,
  ids,
  most,
}: {
  queue: Queue;
  ids: readonly string[];
  most: SizeLimits;
}) {
  const chunks = useMemo(() => {
    const all: (readonly string[])[] = [];
    for (let start = 0; start < ids.length; start += chunkRows) all.push(ids.slice(start, start + chunkRows));
    return all;
  }, [ids]);
  return (
    <div className="overflow-clip rounded-lg border border-line bg-surface">
      {chunks.map((chunk, index) => (
        <Chunk
          key={chunk[0]}
          queue={queue}
          ids={chunk}
          start={index * chunkRows}
          of={ids.length}
          most={most}
        />
      ))}
    </div>
  );
});

const Chunk = memo(function Chunk({
  queue,
  ids,
  start,
  of,
  most,
}: {
  queue: Queue;
  ids: readonly string[];
  start: number;
  of: number;
  most: SizeLimits;
}) {
  const box = useRef<HTMLUListElement>(null);
  const [near, setNear] = useState(start === 0);
  const [height, setHeight] = useState<number>();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting) setNear(true);
        // Taking a focused button out of the document would throw the focus to its top.
        else if (!element.contains(document.activeElement)) {
          if (element.childElementCount > 0) setHeight(element.offsetHeight);
          setNear(false);
        }
      },
      { rootMargin: "800px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <ul
      ref={box}
      aria-label={
        of <= chunkRows ? w("list") : w("listPart", { from: start + 1, to: start + ids.length, of })
      }
      className="border-b border-line last:border-b-0"
      style={near ? undefined : { height: height ?? ids.length * rowHeight }}
    >
      {near ? ids.map((id) => <RowLine key={id} queue={queue} id={id} most={most} />) : null}
    </ul>
  );
});
