/** Which renditions a picture gets: arithmetic only. */
export type Step = { width: number; height: number };

const avifWidths = [320, 640, 1280];
const widthMax = 2048;
const jpegWidths = [640, 1280];
/** Past these a picture is shrunk further: no AVIF encoder here takes a side over 16,384, nor a phone so many pixels. */
const heightMax = 16_000;
const pixelsMax = 16_000_000;

/** Largest size shown: never wider than the picture, nor than 2,048. */
function top(width: number, height: number): Step {
  const scale = Math.min(1, widthMax / width, heightMax / height, Math.sqrt(pixelsMax / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Sizes of the AVIF renditions, largest first, and which widths exist as JPEG too. */
export function ladder(width: number, height: number): { steps: Step[]; jpegWidths: number[] } {
  const largest = top(width, height);
  const steps = avifWidths
    .filter((step) => step < largest.width)
    .map((step) => ({ width: step, height: Math.max(1, Math.round((height * step) / width)) }))
    .concat(largest)
    .reverse();
  const jpeg = new Set(jpegWidths.map((step) => Math.min(step, largest.width)));
  return { steps, jpegWidths: [...jpeg] };
}
