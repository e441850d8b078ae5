/** Skies, mountains, water, sand and trees. */
import {
  around,
  below,
  blend,
  type Canvas,
  clamp,
  crests,
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
} from "./canvas.ts";

export type Sky = {
  top: Rgb;
  middle: Rgb;
  /** At the horizon; also the colour of haze. */
  low: Rgb;
  /** Where the sky ends, in parts of the height. */
  horizon: number;
  sun?: { x: number; y: number; color: Rgb; glow: number; disc?: number };
  /** `cover` from 0 to 1. */
  clouds?: { cover: number; light: Rgb; dark: Rgb; scale?: number; flat?: number };
  stars?: number;
};

export function paintSky(on: Canvas, seed: number, sky: Sky): void {
  const { width, height } = on;
  const of = noise(seed + 1);
  const end = sky.horizon * height;
  const { sun, clouds } = sky;
  fill(on, (x, y, out) => {
    const t = clamp(y / end);
    const color =
      t < 0.55
        ? blend(sky.top, sky.middle, smooth(0, 0.55, t))
        : blend(sky.middle, sky.low, smooth(0.5, 1, t));
    out.set(color);
    const u = x / width;
    const v = y / height;
    let near = 0;
    if (sun !== undefined) {
      const d = Math.hypot((u - sun.x) * (width / height), v - sun.y);
      near = sun.glow * (Math.exp(-d * d * 9) * 0.9 + 0.12 / (0.12 + d * 2.2));
      for (let n = 0; n < 3; n++) out[n] = (out[n] ?? 0) + (sun.color[n] ?? 0) * near;
      const disc = sun.disc ?? 0;
      if (disc > 0) {
        const edge = 1 - smooth(disc, disc * 1.12, d);
        for (let n = 0; n < 3; n++) out[n] = mix(out[n] ?? 0, (sun.color[n] ?? 0) * 5, edge);
      }
    }
    if (clouds !== undefined && t < 1) {
      const away = 1 / (1.12 - t);
      const s = (clouds.scale ?? 1) * 2.2;
      const cx = (u - 0.5) * (width / height) * s * (0.5 + away * 0.32) + seed;
      const cy = away * s * (clouds.flat ?? 0.9);
      const warp = of(cx * 0.7, cy * 0.7) * 0.6;
      const f = fbm(of, cx + warp, cy * 1.6 + warp, 5);
      const cover =
        smooth(0.62 - clouds.cover, 1.05 - clouds.cover, f + 0.5) * (1 - smooth(0.86, 1, t) * 0.6);
      if (cover > 0) {
        const thick = fbm(of, cx + warp + 0.09, cy * 1.6 + warp - 0.16, 3);
        const lit = clamp(0.55 + (f - thick) * 1.5 + near * 0.5);
        for (let n = 0; n < 3; n++) {
          const shade =
            mix(clouds.dark[n] ?? 0, clouds.light[n] ?? 0, lit) + (sun?.color[n] ?? 0) * near * 0.35;
          out[n] = mix(out[n] ?? 0, shade, cover * 0.92);
        }
      }
    }
  });
  if (sky.stars !== undefined) paintStars(on, seed, sky.stars, end);
}

function paintStars(on: Canvas, seed: number, count: number, end: number): void {
  const next = numbers(seed + 5);
  for (let n = 0; n < count; n++) {
    const x = next() * on.width;
    const y = next() * end;
    const size = (0.5 + next() ** 9 * 1.5) * Math.max(0.6, on.height / 1000);
    const light = 0.1 + next() ** 5 * 1.6;
    const color: Rgb = next() < 0.7 ? [0.85, 0.92, 1] : [1, 0.86, 0.7];
    around(on, { x, y, rx: size * 2, ry: size * 2 }, (px, py) =>
      shine(on, px, py, color, light * Math.exp(-(((px - x) ** 2 + (py - y) ** 2) / (size * size)))),
    );
  }
}

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
