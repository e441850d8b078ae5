/**
 * What the sample pictures are painted with: a canvas in linear light, noise, ridges and a film's look. Everything is
 * seeded: the same number paints the same picture on every machine.
 */

/** Red, green and blue, linear, 1 is white. */
export type Rgb = readonly [number, number, number];
/** Writes a colour into `out`. */
export type Paint = (x: number, y: number, out: Float32Array) => void;
export type Noise = (x: number, y: number) => number;

export type Canvas = { width: number; height: number; pixels: Float32Array };

export const canvas = (width: number, height: number): Canvas => ({
  width,
  height,
  pixels: new Float32Array(width * height * 3),
});

export const clamp = (value: number, low = 0, high = 1): number => Math.min(high, Math.max(low, value));
export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
/** 0 below `from`, 1 above `to`, smooth between. */
export function smooth(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}
export const blend = (a: Rgb, b: Rgb, t: number): Rgb => [
  mix(a[0], b[0], t),
  mix(a[1], b[1], t),
  mix(a[2], b[2], t),
];
export const scaled = (color: Rgb, by: number): Rgb => [color[0] * by, color[1] * by, color[2] * by];

/** A colour as one writes it in CSS: 0xRRGGBB. */
export function rgb(hex: number): Rgb {
  const linear = (byte: number): number => ((byte / 255 + 0.055) / 1.055) ** 2.4;
  return [linear((hex >> 16) & 255), linear((hex >> 8) & 255), linear(hex & 255)];
}

/** Repeatable numbers in [0, 1). */
export function numbers(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bf03635) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Gradient noise, about -0.7 to 0.7, one bump a unit. */
export function noise(seed: number): Noise {
  const next = numbers(seed);
  const order = Uint8Array.from({ length: 256 }, (_, n) => n);
  for (let n = 255; n > 0; n--) {
    const other = Math.floor(next() * (n + 1));
    const kept = order[n] ?? 0;
    order[n] = order[other] ?? 0;
    order[other] = kept;
  }
  const table = new Uint8Array(512).map((_, n) => order[n & 255] ?? 0);
  const gx = Float32Array.from({ length: 256 }, (_, n) => Math.cos((n / 256) * 2 * Math.PI));
  const gy = Float32Array.from({ length: 256 }, (_, n) => Math.sin((n / 256) * 2 * Math.PI));
  const dot = (hash: number, dx: number, dy: number): number => (gx[hash] ?? 0) * dx + (gy[hash] ?? 0) * dy;
  return (x, y) => {
    const fx = Math.floor(x);
    const fy = Math.floor(y);
    const dx = x - fx;
    const dy = y - fy;
    const ix = fx & 255;
    const iy = fy & 255;
    const a = (table[ix] ?? 0) + iy;
    const b = (table[ix + 1] ?? 0) + iy;
    const u = dx * dx * dx * (dx * (dx * 6 - 15) + 10);
    const v = dy * dy * dy * (dy * (dy * 6 - 15) + 10);
    const top = mix(dot(table[a] ?? 0, dx, dy), dot(table[b] ?? 0, dx - 1, dy), u);
    const low = mix(
      dot(table[(a + 1) & 511] ?? 0, dx, dy - 1),
      dot(table[(b + 1) & 511] ?? 0, dx - 1, dy - 1),
      u,
    );
    return mix(top, low, v);
  };
}

/** Noise upon noise, each half as large and half as strong. */
export function fbm(of: Noise, x: number, y: number, octaves: number): number {
  let sum = 0;
  let strength = 1;
  let scale = 1;
  for (let n = 0; n < octaves; n++) {
    sum += of(x * scale + n * 17.3, y * scale - n * 9.1) * strength;
    strength *= 0.5;
    scale *= 2.03;
  }
  return sum;
}

/** Sharp crests instead of hills: 0 in the valleys, about 1 on top. */
export function crests(of: Noise, x: number, y: number, octaves: number): number {
  let sum = 0;
  let strength = 0.55;
  let scale = 1;
  for (let n = 0; n < octaves; n++) {
    const ridge = 1 - Math.abs(of(x * scale + n * 31.7, y * scale + n * 5.3)) * 1.9;
    sum += ridge * strength;
    strength *= 0.47;
    scale *= 2.1;
  }
  return sum;
}

/** Paints every pixel anew. */
export function fill(on: Canvas, paint: Paint, from = 0, to = on.height): void {
  const out = new Float32Array(3);
  for (let y = from; y < to; y++)
    for (let x = 0, at = y * on.width * 3; x < on.width; x++, at += 3) {
      paint(x, y, out);
      on.pixels.set(out, at);
    }
}

/** Lays a colour over a pixel. */
export function lay(on: Canvas, x: number, y: number, color: ArrayLike<number>, cover: number): void {
  if (cover <= 0 || x < 0 || y < 0 || x >= on.width || y >= on.height) return;
  const at = (y * on.width + x) * 3;
  for (let n = 0; n < 3; n++)
    on.pixels[at + n] = mix(on.pixels[at + n] ?? 0, color[n] ?? 0, Math.min(1, cover));
}

/** Adds light to a pixel. */
export function shine(on: Canvas, x: number, y: number, color: ArrayLike<number>, strength: number): void {
  if (strength <= 0 || x < 0 || y < 0 || x >= on.width || y >= on.height) return;
  const at = (y * on.width + x) * 3;
  for (let n = 0; n < 3; n++) on.pixels[at + n] = (on.pixels[at + n] ?? 0) + (color[n] ?? 0) * strength;
}

/**
 * Paints everything below a line of heights, one for each column, as deep as `reach`; its edge is soft by a pixel or by
 * `soft`.
 */
export function below(
  on: Canvas,
  tops: Float32Array,
  paint: Paint,
  { soft = 1, reach = on.height }: { soft?: number; reach?: number } = {},
): void {
  const out = new Float32Array(3);
  for (let x = 0; x < on.width; x++) {
    const top = tops[x] ?? on.height;
    const end = Math.min(on.height, top + reach);
    for (let y = Math.max(0, Math.floor(top)); y < end; y++) {
      paint(x, y, out);
      lay(on, x, y, out, (y + 1 - top) / soft);
    }
  }
}

/** A line of heights from a function of the column, in parts of the width. */
export function line(on: Canvas, height: (u: number) => number): Float32Array {
  return Float32Array.from({ length: on.width }, (_, x) => height(x / on.width));
}

/** Visits the pixels of a box around a place, clipped to the canvas. */
export function around(
  on: Canvas,
  box: { x: number; y: number; rx: number; ry: number },
  visit: (x: number, y: number) => void,
): void {
  const right = Math.min(on.width - 1, Math.ceil(box.x + box.rx));
  const low = Math.min(on.height - 1, Math.ceil(box.y + box.ry));
  for (let y = Math.max(0, Math.floor(box.y - box.ry)); y <= low; y++)
    for (let x = Math.max(0, Math.floor(box.x - box.rx)); x <= right; x++) visit(x, y);
}

/** Blurs as a lens out of focus does, `radius` in pixels; three passes of a box come near enough. */
export function blur(on: Canvas, radius: number, from = 0, to = on.height): void {
  const r = Math.round(radius);
  if (r < 1) return;
  for (let pass = 0; pass < 2; pass++) {
    for (let y = from; y < to; y++) sweep(on.pixels, y * on.width * 3, 3, on.width, r);
    for (let x = 0; x < on.width; x++)
      sweep(on.pixels, (from * on.width + x) * 3, on.width * 3, to - from, r);
  }
}

function sweep(pixels: Float32Array, start: number, step: number, count: number, r: number): void {
  const kept = new Float32Array(count);
  const last = count - 1;
  for (let channel = 0; channel < 3; channel++) {
    const at = (n: number): number => pixels[start + channel + clamp(n, 0, last) * step] ?? 0;
    let sum = 0;
    for (let n = -r; n <= r; n++) sum += at(n);
    for (let n = 0; n < count; n++) {
      kept[n] = sum / (2 * r + 1);
      sum += at(n + r + 1) - at(n - r);
    }
    for (let n = 0; n < count; n++) pixels[start + channel + n * step] = kept[n] ?? 0;
  }
}

export type Look = {
  seed: number;
  exposure?: number;
  /** Above 0 warmer, below cooler. */
  warmth?: number;
  vignette?: number;
  grain?: number;
  saturation?: number;
};

/** Develops the canvas: exposure, a shoulder for the lights, a darker edge and grain. Three bytes a pixel. */
export function develop(on: Canvas, look: Look): Uint8Array {
  const { exposure = 1, warmth = 0, vignette = 0.28, grain = 0.014, saturation = 1.06 } = look;
  const { width, height, pixels } = on;
  const bytes = new Uint8Array(width * height * 3);
  const tone = Uint8Array.from({ length: 4096 }, (_, n) => shoulder(n / 1024));
  const speckle = speckles(look.seed, width);
  const gains = [exposure * (1 + warmth * 0.18), exposure, exposure * (1 - warmth * 0.2)];
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) {
      const dx = x / width - 0.5;
      const dy = y / height - 0.5;
      const shade = 1 - vignette * smooth(0.18, 0.75, dx * dx * 1.5 + dy * dy * 1.5);
      const r = (pixels[at] ?? 0) * (gains[0] ?? 1) * shade;
      const g = (pixels[at + 1] ?? 0) * (gains[1] ?? 1) * shade;
      const b = (pixels[at + 2] ?? 0) * (gains[2] ?? 1) * shade;
      const grey = r * 0.25 + g * 0.6 + b * 0.15;
      const spot = speckle(x, y) * grain * 255;
      bytes[at] = clamp((tone[index(mix(grey, r, saturation))] ?? 0) + spot, 0, 255);
      bytes[at + 1] = clamp((tone[index(mix(grey, g, saturation))] ?? 0) + spot, 0, 255);
      bytes[at + 2] = clamp((tone[index(mix(grey, b, saturation))] ?? 0) + spot, 0, 255);
    }
  return bytes;
}

const index = (value: number): number => (value <= 0 ? 0 : value >= 3.999 ? 4095 : (value * 1024) | 0);

/** Linear light to a byte: straight in the shadows, bent before white is reached. */
function shoulder(light: number): number {
  const bent = light < 0.6 ? light : 0.6 + 0.4 * (1 - Math.exp(-(light - 0.6) / 0.4));
  const coded = bent <= 0.0031308 ? bent * 12.92 : 1.055 * bent ** (1 / 2.4) - 0.055;
  return Math.round(clamp(coded) * 255);
}

/** Grain a little larger than a pixel, as film has it, and cheap for a JPEG. */
function speckles(seed: number, width: number): (x: number, y: number) => number {
  const next = numbers(seed + 977);
  const size = 256;
  const raw = Float32Array.from({ length: size * size }, () => next() + next() + next() - 1.5);
  const at = (x: number, y: number): number => raw[((y & 255) << 8) | (x & 255)] ?? 0;
  const spots = Float32Array.from(raw, (_, n) => {
    const [x, y] = [n & 255, n >> 8];
    return (at(x, y) * 2 + at(x + 1, y) + at(x, y + 1) + at(x - 1, y) + at(x, y - 1)) / 3;
  });
  // Shifted from tile to tile, so that the eye finds no pattern.
  return (x, y) => spots[(((y + (x >> 8) * 89) & 255) << 8) | ((x + (y >> 8) * 57 + width) & 255)] ?? 0;
}
