"use client";
import type { Slide } from "../slide.ts";

const sizesOf = ({ width, height }: Slide): string => {
  const ratio = (width / height).toFixed(4);
  return `(min-width: 64rem) min(100vw - 22rem, (100vh - 10rem) * ${ratio}, ${width}px), min(100vw, 78vh * ${ratio}, ${width}px)`;
};

/** The picture as the server writes it: in its place and colours before a byte has come, and all there is without script. `away`: only on paper. */
export function Still({ slide, away = false }: { slide: Slide; away?: boolean }) {
  const { width, height, sources } = slide;
  const preview = (sources.find((source) => source.width >= 320) ?? sources.at(-1))?.url;
  return (
    <div
      className={away ? "fitted fitted-away" : "fitted"}
      style={{
        ["--width" as string]: `${width}px`,
        ["--ratio" as string]: width / height,
        backgroundColor: slide.color,
        backgroundImage: preview === undefined || away ? undefined : `url("${preview}")`,
      }}
    >
      <img
        key={slide.id}
        alt={slide.alt}
        width={width}
        height={height}
        src={slide.src === "" ? preview : slide.src}
        srcSet={sources.map((source) => `${source.url} ${source.width}w`).join(", ") || undefined}
        sizes={sizesOf(slide)}
        fetchPriority={away ? undefined : "high"}
        loading={away ? "lazy" : undefined}
        decoding="async"
        draggable={false}
        className="relative block size-full"
      />
    </div>
  );
}
