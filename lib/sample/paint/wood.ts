/** A wood: trunks behind trunks in the mist, leaves above, floor below. */
import {
  below,
  blend,
  type Canvas,
  clamp,
  fbm,
  fill,
  lay,
  line,
  mix,
  noise,
  numbers,
  type Rgb,
  scaled,
  shine,
  smooth,
} from "../canvas.ts";

/** A wood: trunks behind trunks in the mist, leaves above, floor below. */
export function paintWood(
  on: Canvas,
  seed: number,
  wood: { mist: Rgb; bark: Rgb; leaf: Rgb; leafLit: Rgb; floor: Rgb; beams?: number },
): void {
  const { width, height } = on;
  const of = noise(seed + 61);
  const next = numbers(seed + 62);
  fill(on, (x, y, out) => {
    const glow = Math.exp(-(((x / width - 0.55) * 1.7) ** 2) - ((y / height - 0.42) * 1.9) ** 2);
    const soft = fbm(of, x * 0.004, y * 0.004, 3) * 0.14;
    for (let n = 0; n < 3; n++) out[n] = (wood.mist[n] ?? 0) * (0.55 + glow * 0.75 + soft);
  });
  const layers = 6;
  for (let layer = 0; layer < layers; layer++) {
    const depth = layer / (layers - 1);
    const clear = mix(0.14, 0.96, depth ** 1.3);
    const foot = mix(0.6, 0.86, depth) * height;
    const ground = line(on, (u) => foot - fbm(of, u * 3 + layer * 5, layer, 3) * height * 0.045);
    const floor = blend(wood.mist, wood.floor, clear);
    below(
      on,
      ground,
      (x, y, out) => {
        const tuft = fbm(of, x * 0.02, y * 0.05 + layer * 7, 3);
        for (let n = 0; n < 3; n++) out[n] = (floor[n] ?? 0) * (0.8 + tuft * 0.8);
      },
      { soft: mix(40, 14, depth) },
    );
    const thick = mix(0.006, 0.034, depth ** 1.4) * width * (height > width ? 1.5 : 1);
    for (let at = next() * thick * 4; at < width; at += thick * (2.6 + next() * 6.5)) {
      const lean = (next() - 0.5) * 0.06;
      const half = (thick * (0.35 + next() * 0.55)) / 2;
      const bend = next() * 50;
      const bottom = Math.min(height, (ground[clamp(Math.round(at), 0, width - 1)] ?? foot) + depth * 22);
      for (let y = 0; y < bottom; y++) {
        const middle = at + lean * (bottom - y) + of(y * 0.004, bend) * thick * 0.7;
        const flare = half * (0.8 + 0.2 * (y / bottom)) + half * 0.8 * smooth(bottom - 46 * depth, bottom, y);
        for (let x = Math.floor(middle - flare); x <= middle + flare; x++) {
          const across = (x - middle) / flare;
          const rough = of(x * 0.16, y * 0.025 + bend) * 0.42 + of(x * 0.5, y * 0.1) * 0.16;
          const round = 0.55 + across * 0.4 + rough;
          const cover = clamp((flare - Math.abs(x - middle)) * 1.2) * clear;
          lay(on, x, y, scaled(wood.bark, clamp(round, 0.15, 1.7)), cover);
        }
      }
    }
    leaves(on, seed + layer * 13, wood, depth, clear);
  }
  if (wood.beams !== undefined) beams(on, seed, wood.beams, wood.mist);
}

function leaves(
  on: Canvas,
  seed: number,
  wood: { leaf: Rgb; leafLit: Rgb; mist: Rgb },
  depth: number,
  clear: number,
): void {
  const of = noise(seed + 71);
  const { width, height } = on;
  const scale = mix(0.02, 0.0075, depth);
  const reach = mix(0.62, 0.4, depth) * height;
  const color = new Float32Array(3);
  for (let y = 0; y < reach; y++)
    for (let x = 0; x < width; x++) {
      const mass =
        fbm(of, x * scale * 0.5, y * scale * 0.6, 5) +
        0.34 -
        (y / reach) * 0.75 +
        Math.abs(x / width - 0.5) * 0.35;
      if (mass < 0.12) continue;
      const fine = of(x * scale * 7, y * scale * 7) * 0.6;
      const lit = clamp(0.4 + fine + of(x * scale, y * scale + 9) * 0.5);
      for (let n = 0; n < 3; n++) {
        const leaf = mix(wood.leaf[n] ?? 0, wood.leafLit[n] ?? 0, lit);
        color[n] = mix(wood.mist[n] ?? 0, leaf, clear);
      }
      lay(on, x, y, color, smooth(0.12, 0.24, mass + fine * 0.22) * mix(0.5, 0.95, depth));
    }
}

function beams(on: Canvas, seed: number, strength: number, color: Rgb): void {
  const of = noise(seed + 81);
  for (let y = 0; y < on.height; y++)
    for (let x = 0; x < on.width; x++) {
      const along = (x - on.width * 0.62 + y * 0.55) / on.width;
      const ray = smooth(0.1, 0.5, of(along * 9, 2.5) + 0.12) * Math.exp(-((along * 2.1) ** 2));
      shine(on, x, y, color, ray * strength * (1 - y / on.height) * 0.8);
    }
}
