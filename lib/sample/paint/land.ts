/** Mountains, sand and fields. */
import {
  below,
  blend,
  type Canvas,
  clamp,
  crests,
  fbm,
  line,
  mix,
  noise,
  numbers,
  type Rgb,
  smooth,
} from "../canvas.ts";

export type Range = {
  layers: number;
  /** Where the first range stands and how high it is, in parts of the height. */
  from: number;
  high: number;
  far: Rgb;
  near: Rgb;
  haze: Rgb;
  light?: Rgb;
  snow?: number;
  /** How many of the nearest ranges carry trees. */
  trees?: number;
  smoothness?: number;
  to?: number;
};

/** Ranges behind ranges, each nearer one darker and clearer. */
export function paintRanges(on: Canvas, seed: number, range: Range): void {
  const { width, height } = on;
  const of = noise(seed + 11);
  const wide = (width / height) * 1.6;
  const rough = range.smoothness === undefined ? 6 : 3;
  for (let layer = 0; layer < range.layers; layer++) {
    const depth = range.layers === 1 ? 1 : layer / (range.layers - 1);
    const base = mix(range.from, range.to ?? 0.93, depth ** 1.25) * height;
    const high = range.high * height * mix(1, 0.62, depth);
    const scale = mix(1.7, 1.05, depth);
    const tops = line(
      on,
      (u) => base - (crests(of, u * wide * scale + layer * 19.7, layer * 7.3, rough) - 0.55) * high,
    );
    const wooded = layer >= range.layers - (range.trees ?? 0);
    const edge = wooded ? withTrees(on, seed + layer, tops, mix(0.012, 0.055, depth ** 2)) : tops;
    const color = blend(range.far, range.near, depth ** 1.1);
    const lit = range.light ?? range.haze;
    const fog = mix(0.85, 0.22, depth);
    const thick = height * mix(0.14, 0.3, depth);
    const grit = (mix(0.018, 0.0085, depth) * 1000) / height;
    // Lit from the left: what rises that way is in the sun.
    const rise = (x: number, y: number): number =>
      crests(of, x * grit + layer * 3, y * grit * 1.25 + layer, 4);
    const reach = layer === range.layers - 1 ? height : height * 0.42;
    below(
      on,
      edge,
      (x, y, out) => {
        const deep = y - (tops[x] ?? 0);
        const slope = ((tops[Math.min(width - 1, x + 4)] ?? 0) - (tops[Math.max(0, x - 4)] ?? 0)) / 8;
        const near = Math.exp((-deep / height) * 16);
        const relief = wooded
          ? of(x * 0.06, y * 0.11) * 0.5 + of(x * 0.014, y * 0.03) * 0.5
          : (rise(x, y) - rise(x - 5, y - 4)) * mix(2.4, 3.4, depth);
        const face = clamp(0.42 + slope * 0.5 * near + relief);
        const mist = smooth(0, thick, deep) * fog;
        const white =
          range.snow === undefined || wooded
            ? 0
            : smooth(
                0.05,
                -0.05,
                deep / height - range.snow * mix(1.5, 0.75, depth) + of(x * grit * 2, y * grit * 2) * 0.09,
              ) * smooth(0.12, 0.4, face);
        const sun = face * mix(0.28, 0.5, depth) * (wooded ? 0.16 : 1);
        for (let n = 0; n < 3; n++) {
          let one = (color[n] ?? 0) * (0.62 + face * 0.75) + (lit[n] ?? 0) * sun * 0.34;
          one = mix(
            one,
            mix((range.haze[n] ?? 0) * 0.5 + 0.1, (lit[n] ?? 0) * 0.6 + 0.5, face),
            white * 0.92,
          );
          out[n] = mix(one, range.haze[n] ?? 0, mist);
        }
      },
      { reach },
    );
  }
}

/** The same line with conifers on it. */
export function withTrees(on: Canvas, seed: number, tops: Float32Array, size: number): Float32Array {
  const next = numbers(seed + 301);
  const grown = Float32Array.from(tops);
  const tall = size * on.height;
  for (let at = -tall; at < on.width + tall; at += tall * (0.1 + next() * 0.32)) {
    const high = tall * (0.45 + next() * 0.75);
    const broad = high * (0.15 + next() * 0.07);
    const root = (tops[clamp(Math.round(at), 0, on.width - 1)] ?? 0) + tall * 0.12;
    for (let x = Math.max(0, Math.ceil(at - broad)); x <= Math.min(on.width - 1, at + broad); x++) {
      const off = Math.abs(x - at) / broad;
      const saw = ((off * 5.5 + 0.3) % 1) * 0.16 * (0.4 + off);
      const y = root - high * clamp(1 - off ** 0.82 - saw + 0.05);
      if (y < (grown[x] ?? 0)) grown[x] = y;
    }
  }
  return grown;
}

/** Dunes: soft backs, sharp crests, ripples in the near ones. */
export function paintDunes(
  on: Canvas,
  seed: number,
  dunes: { from: number; layers: number; lit: Rgb; shade: Rgb; haze: Rgb },
): void {
  const { width, height } = on;
  const of = noise(seed + 51);
  for (let layer = 0; layer < dunes.layers; layer++) {
    const depth = layer / Math.max(1, dunes.layers - 1);
    const base = mix(dunes.from, 0.78, depth ** 1.1) * height;
    const high = mix(0.05, 0.2, depth) * height;
    const tops = line(
      on,
      (u) => base - (crests(of, u * mix(2.6, 0.95, depth) + layer * 11.3, layer * 3.7, 2) - 0.55) * high,
    );
    below(on, tops, (x, y, out) => {
      const deep = (y - (tops[x] ?? 0)) / height;
      const bend = fbm(of, x / width + layer, y / height + layer, 2) * 0.3;
      const side = smooth(
        -0.03,
        0.05,
        of(x * (2.1 / width) + layer * 5 + deep * 2.2, deep * 1.7 + layer * 9) + bend * 0.4 - 0.03,
      );
      const ripple =
        Math.sin((y + fbm(of, x * 0.004, y * 0.004, 2) * 130) * mix(0.9, 0.24, depth)) * 0.055 * depth * side;
      const fine = of(x * 0.4, y * 0.4) * 0.02;
      const light = clamp(side * (0.94 - deep * 0.5) + 0.04 + ripple + fine);
      for (let n = 0; n < 3; n++) {
        const sand = mix(dunes.shade[n] ?? 0, dunes.lit[n] ?? 0, light);
        out[n] = mix(dunes.haze[n] ?? 0, sand, mix(0.4, 1, smooth(0, 0.6, depth + 0.12)));
      }
    });
  }
}

/** Rows of something green that run towards the horizon. */
export function paintField(
  on: Canvas,
  seed: number,
  field: { from: number; row: Rgb; gap: Rgb; haze: Rgb; vanish: number; rows: number },
): void {
  const of = noise(seed + 171);
  const { width, height } = on;
  const tops = line(on, (u) => (field.from + fbm(of, u * 1.6, 4.4, 3) * 0.02) * height);
  below(on, tops, (x, y, out) => {
    const depth = clamp((y - field.from * height) / ((1 - field.from) * height), 0.004, 1);
    const u =
      ((x / width - field.vanish) / (depth + 0.035)) * field.rows * 0.11 + of(x * 0.01, depth * 4) * 0.08;
    const inner = Math.abs(u - Math.floor(u) - 0.5) * 2;
    const grain = Math.min(1, 0.25 + depth);
    const tuft = fbm(of, u * 9, 5 / (depth + 0.06), 3) * 0.5 + of(x * 0.25, y * 0.25) * 0.5 * grain;
    const plant = smooth(0.22, 0.62, inner + tuft * 0.3);
    const lit = clamp(0.62 + tuft * 0.75 + (inner - 0.6) * 0.5, 0.16, 1.4);
    for (let n = 0; n < 3; n++) {
      const one = mix((field.gap[n] ?? 0) * (0.8 + tuft * 0.5), (field.row[n] ?? 0) * lit, plant);
      out[n] = mix(field.haze[n] ?? 0, one, smooth(-0.08, 0.42, depth));
    }
  });
}
