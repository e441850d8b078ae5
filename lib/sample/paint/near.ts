/** What people look at from close up: flowers, fruit, boards, paper. */
import {
  around,
  blend,
  blur,
  type Canvas,
  clamp,
  fbm,
  fill,
  lay,
  mix,
  noise,
  numbers,
  type Rgb,
  scaled,
  smooth,
} from "../canvas.ts";

/** Flowers, those behind the plane of focus first. */
export function paintFlowers(
  on: Canvas,
  seed: number,
  bed: {
    count: number;
    petals: number;
    color: Rgb;
    inner: Rgb;
    heart: Rgb;
    stem: Rgb;
    size: number;
    round: number;
  },
): void {
  const next = numbers(seed + 121);
  const { width, height } = on;
  for (let n = 0; n < bed.count; n++) {
    const depth = n / Math.max(1, bed.count - 1);
    const sharp = n >= bed.count - 2;
    const r = bed.size * height * mix(0.45, 1, depth) * (0.8 + next() * 0.35);
    const x = width * (sharp && n === bed.count - 1 ? 0.36 + next() * 0.28 : next());
    const y = height * mix(0.3, 0.5, next()) + (1 - depth) * height * 0.1;
    stem(on, { x, y, r, bend: (next() - 0.5) * r * 1.4 }, scaled(bed.stem, mix(0.7, 1.1, depth)));
    flower(on, seed + n * 7, { x, y, r, turn: next() * 6, tilt: 0.62 + next() * 0.34 }, bed);
    if (!sharp && n % 2 === 0) blur(on, mix(13, 3, depth) * (height / 1000));
  }
}

function stem(on: Canvas, at: { x: number; y: number; r: number; bend: number }, color: Rgb): void {
  for (let y = Math.round(at.y); y < on.height; y++) {
    const down = (y - at.y) / on.height;
    const middle = at.x + Math.sin(down * 3) * at.bend;
    const half = at.r * 0.055;
    for (let x = Math.floor(middle - half - 1); x <= middle + half + 1; x++)
      lay(
        on,
        x,
        y,
        scaled(color, 0.6 + clamp((x - middle) / half + 0.5) * 0.6),
        clamp(half - Math.abs(x - middle) + 0.5),
      );
  }
}

function flower(
  on: Canvas,
  seed: number,
  at: { x: number; y: number; r: number; turn: number; tilt: number },
  kind: { petals: number; color: Rgb; inner: Rgb; heart: Rgb; round: number },
): void {
  const of = noise(seed);
  for (const [ring, grow, shade] of [
    [0, 1, 0.78],
    [0.5, 0.86, 1],
  ] as const)
    around(on, { x: at.x, y: at.y, rx: at.r * 1.15, ry: at.r * 1.15 }, (px, py) => {
      const dx = px - at.x;
      const dy = (py - at.y) / at.tilt;
      const d = Math.hypot(dx, dy) / (at.r * grow);
      if (d > 1.2) return;
      const angle = (Math.atan2(dy, dx) + at.turn) / (2 * Math.PI);
      const petal = angle * kind.petals + ring;
      const off = Math.abs(petal - Math.floor(petal) - 0.5) * 2;
      const number = Math.floor(petal);
      const long = 0.86 + of(number * 3.7, ring * 5 + 1.5) * 0.3;
      const edge = long * (1 - off ** (2 + kind.round * 4)) ** (0.5 - kind.round * 0.2);
      const cover = smooth(edge + 0.012, edge - 0.012, d);
      if (cover <= 0) return;
      const vein = of(off * 9 + number * 5, d * 2.2) * 0.16 + of(petal * 60, d * 3) * 0.08;
      const light =
        shade *
        (0.62 + 0.42 * smooth(0, 0.75, 1 - off) + vein) *
        mix(0.68, 1.1, smooth(0.1, 0.9, d)) *
        (1 - (dy / at.r) * 0.14);
      const color = blend(kind.inner, kind.color, smooth(0.16, 0.62, d));
      lay(on, px, py, scaled(color, light), cover);
    });
  const heart = at.r * 0.24;
  around(on, { x: at.x, y: at.y, rx: heart, ry: heart }, (px, py) => {
    const dx = (px - at.x) / heart;
    const dy = (py - at.y) / heart / at.tilt;
    const d = Math.hypot(dx, dy);
    const dots = of(dx * 13, dy * 13) * 0.55;
    lay(
      on,
      px,
      py,
      scaled(kind.heart, clamp(0.95 - dy * 0.35 - d * 0.25 + dots, 0.12, 1.6)),
      smooth(1, 0.93, d + dots * 0.1),
    );
  });
}

/** A ball lit from the upper left, on whatever is there, with its shadow. `skin` gives colour and roughness. */
export function paintBall(
  on: Canvas,
  at: { x: number; y: number; r: number },
  skin: (u: number, v: number, out: Float32Array) => number,
  how: { shadow: number; gloss: number },
): void {
  const out = new Float32Array(3);
  around(on, { x: at.x + at.r * 0.35, y: at.y + at.r * 0.55, rx: at.r * 1.9, ry: at.r * 1.2 }, (px, py) => {
    const d = Math.hypot((px - at.x - at.r * 0.35) / 1.35, (py - at.y - at.r * 0.62) / 0.75) / at.r;
    lay(on, px, py, [0.004, 0.003, 0.003], how.shadow * (1 - smooth(0.35, 1.25, d)));
  });
  around(on, { x: at.x, y: at.y, rx: at.r + 1, ry: at.r + 1 }, (px, py) => {
    const u = (px - at.x) / at.r;
    const v = (py - at.y) / at.r;
    const d = Math.hypot(u, v);
    if (d > 1.02) return;
    const z = Math.sqrt(Math.max(0, 1 - d * d));
    const bump = skin(u / (0.55 + z * 0.45), v / (0.55 + z * 0.45), out);
    const light = clamp(u * -0.46 + v * -0.58 + z * 0.68 + bump, 0, 1.3);
    const rim = (1 - z) ** 4 * 0.025;
    const gloss = how.gloss * clamp((u * -0.4 + v * -0.52 + z * 0.76 + bump * 0.6 - 0.93) * 15, 0, 1) ** 2;
    for (let n = 0; n < 3; n++) out[n] = (out[n] ?? 0) * (0.09 + light * 0.98) + rim + gloss;
    lay(on, px, py, out, smooth(1.008, 0.99, d));
  });
}

type Blob = { x: number; y: number; rx: number; ry: number };

/** People cut out of coloured paper: sheet upon sheet, each with the shadow it throws. */
export function paintPaper(
  on: Canvas,
  seed: number,
  sheets: { color: Rgb; shapes: Blob[]; lift: number }[],
): void {
  const of = noise(seed + 151);
  const { width, height } = on;
  const unit = Math.min(width, height);
  for (const sheet of sheets) {
    const inside = (x: number, y: number): number => {
      let far = -9;
      for (const shape of sheet.shapes) {
        const dx = (x - shape.x * width) / (shape.rx * unit);
        const dy = (y - shape.y * height) / (shape.ry * unit);
        const d = (1 - Math.hypot(dx, dy)) * Math.min(shape.rx, shape.ry);
        far = Math.max(far, d) + Math.max(0, 0.02 - Math.abs(far - d)) ** 2 * 12;
      }
      return far + of(x * 0.02, y * 0.02) * 0.0022;
    };
    const off = sheet.lift * unit;
    const out = new Float32Array(3);
    const xs = sheet.shapes.flatMap(({ x, rx }) => [x * width - rx * unit, x * width + rx * unit]);
    const ys = sheet.shapes.flatMap(({ y, ry }) => [y * height - ry * unit, y * height + ry * unit]);
    const [left, right, top, low] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const box = {
      x: (left + right) / 2,
      y: (top + low) / 2,
      rx: (right - left) / 2 + off * 3,
      ry: (low - top) / 2 + off * 3,
    };
    around(on, box, (x, y) => {
      const at = (y * width + x) * 3;
      const under = inside(x - off * 0.6, y - off);
      const shade = 1 - 0.62 * smooth(-sheet.lift * 1.5, sheet.lift * 0.9, under);
      for (let n = 0; n < 3; n++) out[n] = (on.pixels[at + n] ?? 0) * shade;
      const depth = inside(x, y);
      const cover = smooth(-0.0012, 0.0012, depth);
      const edge = smooth(0.006, 0.0005, depth) * 0.16;
      const fibre =
        1 +
        of(x * 0.33, y * 0.33) * 0.05 +
        of(x * 0.9, y * 0.07) * 0.035 +
        fbm(of, x * 0.004, y * 0.004, 2) * 0.06;
      for (let n = 0; n < 3; n++)
        on.pixels[at + n] = mix(out[n] ?? 0, (sheet.color[n] ?? 0) * (fibre + edge), cover);
    });
  }
}

/** A table top of boards. */
export function paintBoards(
  on: Canvas,
  seed: number,
  wood: { light: Rgb; dark: Rgb; boards: number; across?: boolean },
): void {
  const of = noise(seed + 161);
  const { width, height } = on;
  fill(on, (x, y, out) => {
    const [along, side] = wood.across === true ? [y / height, x / width] : [x / width, y / height];
    const board = Math.floor(side * wood.boards);
    const inner = side * wood.boards - board;
    const warp = fbm(of, along * 2.2 + board * 7.7, side * wood.boards * 1.4 + board * 3.3, 3);
    const rings = Math.sin((inner * 3.1 + warp * 2.7 + board) * 6.5) * 0.5 + 0.5;
    const fibre =
      of(along * 9, side * wood.boards * 46) * 0.32 + of(along * 30, side * wood.boards * 110) * 0.2;
    const gap = smooth(0.012, 0.03, inner) * smooth(0.988, 0.97, inner);
    const tone = clamp(0.42 + rings * 0.34 + fibre + of(board * 5.1, 2.2) * 0.5);
    for (let n = 0; n < 3; n++) out[n] = mix(wood.dark[n] ?? 0, wood.light[n] ?? 0, tone) * mix(0.12, 1, gap);
  });
}
