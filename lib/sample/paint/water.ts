/** Lakes, the sea and its beach. */
import { below, type Canvas, clamp, fbm, fill, line, mix, noise, type Rgb, smooth } from "../canvas.ts";

/** Turns what is above `from` over into water that reaches to `to`. */
export function reflect(
  on: Canvas,
  seed: number,
  how: { from: number; to?: number; calm: number; tint: Rgb },
): void {
  const { width, height, pixels } = on;
  const of = noise(seed + 21);
  const shore = Math.round(how.from * height);
  const end = Math.round((how.to ?? 1) * height);
  const row = new Float32Array(3);
  for (let y = shore; y < end; y++) {
    const depth = (y - shore) / (height - shore);
    const rough = (1 - how.calm) * (4 + depth * 46);
    for (let x = 0; x < width; x++) {
      const wave = fbm(of, x * 0.006 * (1.4 - depth), (y - shore) * mix(0.42, 0.075, depth), 3);
      const ripple = of(x * 0.03, y * 0.5) * 0.3;
      const sx = clamp(Math.round(x + wave * rough * 0.5), 0, width - 1);
      const sy = clamp(Math.round(shore - (y - shore) * 0.92 + (wave + ripple) * rough), 0, shore - 1);
      const at = (sy * width + sx) * 3;
      const dark = 0.8 - depth * 0.28 + wave * (1 - how.calm) * 0.35;
      for (let n = 0; n < 3; n++)
        row[n] = mix((pixels[at + n] ?? 0) * dark, how.tint[n] ?? 0, 0.16 + depth * 0.2);
      pixels.set(row, (y * width + x) * 3);
    }
  }
}

/** The open sea below the horizon, with the sun's road on it. */
export function paintSea(
  on: Canvas,
  seed: number,
  sea: { from: number; far: Rgb; near: Rgb; road?: { x: number; color: Rgb; wide: number }; swell: number },
): void {
  const { width, height } = on;
  const of = noise(seed + 31);
  const start = Math.round(sea.from * height);
  fill(
    on,
    (x, y, out) => {
      const depth = (y - start) / (height - start);
      const away = 1 / (0.035 + depth);
      const u = ((x / width - 0.5) * away * 5 * width) / height;
      const wave = fbm(of, u * 0.55 + seed, away * 6, 4) + of(u * 2.4, away * 17) * 0.4;
      const lit = clamp(0.5 + wave * (0.5 + sea.swell * 0.6));
      for (let n = 0; n < 3; n++)
        out[n] = mix(sea.far[n] ?? 0, sea.near[n] ?? 0, smooth(0, 0.8, depth)) * (0.5 + lit);
      if (sea.road !== undefined) {
        const off = (x / width - sea.road.x) / (sea.road.wide * (0.25 + depth * 1.1));
        const glint = Math.exp(-off * off) * smooth(0.42, 0.95, lit + (1 - depth) * 0.12);
        for (let n = 0; n < 3; n++) out[n] = (out[n] ?? 0) + (sea.road.color[n] ?? 0) * glint * 1.5;
      }
      const foam = smooth(0.93, 1.08, lit) * depth * sea.swell;
      for (let n = 0; n < 3; n++) out[n] = mix(out[n] ?? 0, 0.8, foam * 0.6);
    },
    start,
  );
}

/** A beach along the lower edge, wet where the last wave was. */
export function paintBeach(
  on: Canvas,
  seed: number,
  beach: { from: number; sand: Rgb; tilt: number; shine: Rgb },
): void {
  const of = noise(seed + 41);
  const { height } = on;
  const tops = line(
    on,
    (u) => (beach.from + (u - 0.5) * beach.tilt + fbm(of, u * 2.2, 3.1, 4) * 0.035) * height,
  );
  below(
    on,
    tops,
    (x, y, out) => {
      const deep = (y - (tops[x] ?? 0)) / height;
      const wet = 1 - smooth(0.02, 0.09, deep + of(x * 0.004, 8) * 0.02);
      const grain = of(x * 0.11, y * 0.3) * 0.1 + fbm(of, x * 0.008, y * 0.02, 3) * 0.14;
      const foam = 1 - smooth(0.004, 0.014, deep + of(x * 0.02, y * 0.05) * 0.006);
      for (let n = 0; n < 3; n++) {
        const dry = (beach.sand[n] ?? 0) * (1 + grain);
        const soaked = mix(dry * 0.42, beach.shine[n] ?? 0, 0.42);
        out[n] = mix(mix(dry, soaked, wet), 0.86, foam * 0.85);
      }
    },
    { soft: 2 },
  );
}
