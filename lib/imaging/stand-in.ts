/** What stands for a video that no decoder here can show: a dark field, so that marks upon it are seen, with a sign to play. */
import type { Decoded } from "./heic/decode.ts";

const field = [38, 38, 42] as const;
const sign = [150, 150, 158] as const;
/** Of the shorter side: the sign's own half height. */
const size = 0.14;
/** Pixels over which an edge fades, so that it is smooth. */
const edge = 1.5;

/** As large as the largest rendition. */
export function standIn(width: number, height: number): Decoded {
  const data = Buffer.alloc(width * height * 3);
  const half = Math.min(width, height) * size;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      // From the middle of the triangle, in its half heights; its tip points to the right.
      const across = (x + 0.5 - width / 2) / half + 0.5;
      const down = Math.abs(y + 0.5 - height / 2) / half;
      const inside = Math.min(across, (1.5 - across) / 1.5 - down) * half;
      const part = Math.min(1, Math.max(0, inside / edge + 0.5));
      for (let n = 0; n < 3; n++)
        data[(y * width + x) * 3 + n] = Math.round(
          (field[n] ?? 0) + ((sign[n] ?? 0) - (field[n] ?? 0)) * part,
        );
    }
  return { data, width, height, channels: 3 };
}
