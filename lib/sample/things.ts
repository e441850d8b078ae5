/** What people make and what they look at closely: towns at night, houses, flowers, fruit, balloons, people of paper. */
import {
  around,
  below,
  blend,
  blur,
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
  rgb,
  scaled,
  shine,
  smooth,
} from "./canvas.ts";

/** A town by night: houses behind houses, some of their windows lit. `lit` is the share of those. */
export function paintTown(
  on: Canvas,
  seed: number,
  town: { base: number; layers: number; far: Rgb; near: Rgb; lamps: Rgb[]; lit: number; tall: number },
): void {
  const next = numbers(seed + 101);
  const { width, height } = on;
  for (let layer = 0; layer < town.layers; layer++) {
    const depth = town.layers === 1 ? 1 : layer / (town.layers - 1);
    const wall = blend(town.far, town.near, depth);
    const unit = height * mix(0.0085, 0.0165, depth);
    for (let x = -width * 0.05; x < width; ) {
      const broad = Math.round(unit * (5 + Math.floor(next() * 9)));
      const middle = 1 - Math.abs((x + broad / 2) / width - 0.52) * 1.15;
      const high =
        town.tall * height * mix(0.9, 0.55, depth) * (0.22 + next() ** 1.8 * 0.85) * clamp(middle, 0.3, 1);
      house(
        on,
        next,
        {
          x: Math.round(x),
          broad,
          top: Math.round(town.base * height - high),
          base: Math.round(town.base * height),
          unit,
          wall,
          depth,
        },
        town,
      );
      x += broad * (0.85 + next() * 0.35);
    }
  }
}

function house(
  on: Canvas,
  next: () => number,
  at: { x: number; broad: number; top: number; base: number; unit: number; wall: Rgb; depth: number },
  town: { lamps: Rgb[]; lit: number },
): void {
  const tint = 0.75 + next() * 0.5;
  const mast = next() < 0.22 ? at.unit * (3 + next() * 7) : 0;
  for (let y = at.top; y < at.base; y++)
    for (let x = at.x; x < at.x + at.broad; x++) {
      const across = (x - at.x) / at.broad;
      lay(on, x, y, scaled(at.wall, tint * (0.75 + across * 0.4)), 1);
    }
  for (let y = at.top - mast; y < at.top; y++)
    lay(on, Math.round(at.x + at.broad / 2), Math.round(y), scaled(at.wall, tint), 0.8);
  if (mast > 0) shine(on, Math.round(at.x + at.broad / 2), Math.round(at.top - mast), [3, 0.3, 0.2], 1);
  const striped = next() < 0.3;
  const busy = town.lit * (0.35 + next() * 1.3);
  const pane = Math.max(1, at.unit * (striped ? 0.92 : 0.55));
  for (let y = at.top + at.unit; y < at.base - at.unit; y += at.unit * 1.35) {
    const floorLit = next() < 0.12 ? 2.2 : 1;
    for (let x = at.x + at.unit * 0.7; x < at.x + at.broad - at.unit * 0.9; x += at.unit) {
      if (next() > busy * floorLit) continue;
      const lamp = town.lamps[Math.floor(next() * town.lamps.length)] ?? [1, 1, 1];
      const strength = (0.3 + next() ** 2 * 1.3) * mix(0.6, 1, at.depth);
      for (let py = 0; py < at.unit * 0.7; py++)
        for (let px = 0; px < pane; px++)
          lay(
            on,
            Math.round(x + px),
            Math.round(y + py),
            scaled(lamp, strength * (0.75 + (py / at.unit) * 0.4)),
            0.95,
          );
    }
  }
}

/** Lights out of focus. */
export function paintLights(
  on: Canvas,
  seed: number,
  lights: { count: number; colors: Rgb[]; radius: number; from: number; to: number; strength: number },
): void {
  const next = numbers(seed + 111);
  for (let n = 0; n < lights.count; n++) {
    const r = lights.radius * on.height * (0.35 + next() ** 1.5 * 0.95);
    const x = next() * on.width;
    const y = mix(lights.from, lights.to, (next() + next()) / 2) * on.height;
    const color = lights.colors[Math.floor(next() * lights.colors.length)] ?? [1, 1, 1];
    const strength = lights.strength * (0.15 + next() ** 2);
    around(on, { x, y, rx: r + 2, ry: r + 2 }, (px, py) => {
      // Cut a little towards the edges of the picture, as a lens does.
      const cut = (px - on.width / 2) / on.width;
      const d = Math.hypot(px - x + cut * r * 0.2, (py - y) * (1 + Math.abs(cut) * 0.25)) / r;
      const rim = 0.72 + smooth(0.72, 0.96, d) * 0.5;
      shine(on, px, py, color, strength * rim * (1 - smooth(0.96, 1.02, d)));
    });
  }
}

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

/** A hot-air balloon. `r` in pixels. */
export function paintBalloon(
  on: Canvas,
  at: { x: number; y: number; r: number },
  colors: Rgb[],
  haze: { color: Rgb; amount: number },
): void {
  const { x, y, r } = at;
  around(on, { x, y: y + r * 0.35, rx: r * 1.05, ry: r * 1.75 }, (px, py) => {
    const v = (py - y) / r;
    const wide =
      v < 0.15
        ? Math.sqrt(Math.max(0, 1 - (v / 1.05 - 0.143 * 0) ** 2))
        : mix(0.99, 0.24, smooth(0.1, 1.42, v) ** 0.9);
    if (v > 1.3 || v < -1.05) return;
    const u = (px - x) / (r * wide);
    if (Math.abs(u) > 1.05) return;
    const gore = (Math.asin(clamp(u, -1, 1)) / Math.PI + 0.5) * 12;
    const band = v > 0.55 && v < 0.75 ? 1 : 0;
    const color = colors[(Math.floor(gore) + band) % colors.length] ?? [1, 1, 1];
    const seam = Math.abs(gore - Math.floor(gore) - 0.5) * 2;
    const light = 0.42 + clamp(0.55 - u * 0.62 - v * 0.22) * 0.85 - seam ** 6 * 0.14;
    lay(
      on,
      px,
      py,
      blend(scaled(color, light), haze.color, haze.amount),
      smooth(1.03, 0.98, Math.abs(u)) * smooth(1.3, 1.27, v),
    );
  });
  const basket = { x, y: y + r * 1.62, rx: r * 0.13, ry: r * 0.11 };
  for (const side of [-1, 1])
    for (let t = 0; t < 1; t += 0.5 / r)
      lay(
        on,
        Math.round(x + side * r * mix(0.2, 0.11, t)),
        Math.round(y + r * mix(1.28, 1.53, t)),
        haze.color,
        0.5 + 0.3 * (1 - haze.amount),
      );
  around(on, basket, (px, py) =>
    lay(
      on,
      px,
      py,
      blend([0.09, 0.05, 0.025], haze.color, haze.amount),
      Math.abs(px - x) < basket.rx && Math.abs(py - basket.y) < basket.ry ? 1 : 0,
    ),
  );
}

/** A face of a building seen from below, cell by cell. */
export function paintFacade(
  on: Canvas,
  seed: number,
  face: { wall: Rgb; glass: Rgb; glow: Rgb; columns: number; rows: number; lean: number; shadow: number },
): void {
  const of = noise(seed + 131);
  const { width, height } = on;
  fill(on, (x, y, out) => {
    const v0 = y / height;
    const u0 = x / width - 0.5;
    const away = 1 + (0.5 - v0) * face.lean + u0 * face.lean * 0.8;
    const u = u0 * away * face.columns + 40;
    const v = v0 * away * face.rows + 40;
    const [cu, cv] = [u - Math.floor(u), v - Math.floor(v)];
    const id = Math.floor(u) * 13.7 + Math.floor(v) * 5.1;
    const deep =
      smooth(0.1, 0.125, cu) * smooth(0.9, 0.875, cu) * smooth(0.14, 0.17, cv) * smooth(0.9, 0.875, cv);
    const frame = smooth(0.47, 0.485, cu) * smooth(0.53, 0.515, cu);
    const ledge = smooth(0.9, 0.94, cv);
    const reveal = smooth(0.3, 0.1, cv) * 0.6 + smooth(0.24, 0.1, cu) * 0.4;
    const sun = smooth(-0.02, 0.03, of(0.5, 3) * 0.2 + u0 * 0.9 + v0 * 0.75 - face.shadow);
    const plaster = 1 + fbm(of, x * 0.012, y * 0.012, 4) * 0.16 + of(x * 0.6, y * 0.6) * 0.03;
    const blind = smooth(0.2, 0.22, cv) * (cv < 0.2 + 0.6 * clamp(of(id, 7.7) + 0.25) ? 1 : 0);
    const mirror = clamp(0.4 + fbm(of, x * 0.004 + id * 0.02, y * 0.007, 3) * 1.3);
    const lamp = of(id, 1.3) > 0.3 ? 1 : 0;
    for (let n = 0; n < 3; n++) {
      const wall = (face.wall[n] ?? 0) * plaster * mix(0.3, 1.05, sun) * (1 + ledge * 0.14);
      let pane = (face.glass[n] ?? 0) * mirror * mix(0.6, 1.2, sun) + (face.glow[n] ?? 0) * lamp * 0.5;
      pane = mix(pane, (face.wall[n] ?? 0) * 0.8, blind * 0.65) * (1 - reveal * 0.75);
      pane = mix(pane, (face.wall[n] ?? 0) * 0.16, frame);
      out[n] = mix(wall, pane, deep);
    }
  });
}

/** A staircase from above, turning down into the dark or the light. */
export function paintStairs(
  on: Canvas,
  seed: number,
  stairs: { step: Rgb; rail: Rgb; core: Rgb; turns: number },
): void {
  const of = noise(seed + 141);
  const { width, height } = on;
  const size = Math.min(width, height);
  fill(on, (x, y, out) => {
    const dx = (x - width * 0.5) / size;
    const dy = (y - height * 0.53) / size;
    const r = Math.hypot(dx, dy) * 1.9 + 0.02;
    const angle = Math.atan2(dy, dx) / (2 * Math.PI);
    const spiral = Math.log(r * 5) * stairs.turns * 0.62 - angle;
    const turn = Math.floor(spiral);
    const across = spiral - turn;
    const steps = (angle + turn) * 26;
    const along = steps - Math.floor(steps);
    const deep = clamp(r * 1.25);
    const tread = mix(0.5, 1.06, along) * (1 - smooth(0.93, 0.99, along) * 0.55);
    const wear = 1 + fbm(of, x * 0.02, y * 0.02, 3) * 0.12;
    const rail = smooth(0.86, 0.885, across) * smooth(1, 0.985, across);
    const side = smooth(0.7, 0.86, across);
    const light = (0.3 + 0.7 * smooth(-0.6, 0.6, -dx - dy)) * mix(0.3, 1, deep);
    for (let n = 0; n < 3; n++) {
      let one = (stairs.step[n] ?? 0) * tread * wear * light;
      one = mix(one, one * 0.28, side * (1 - rail));
      one = mix(one, (stairs.rail[n] ?? 0) * (0.4 + smooth(0.9, 0.95, across) * 0.8) * light, rail);
      out[n] = mix(stairs.core[n] ?? 0, one, smooth(0.07, 0.16, r));
    }
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

/** The moon, or a world like it. */
export function paintMoon(
  on: Canvas,
  seed: number,
  at: { x: number; y: number; r: number; phase: number },
): void {
  const of = noise(seed + 181);
  around(on, { x: at.x, y: at.y, rx: at.r + 2, ry: at.r + 2 }, (px, py) => {
    const u = (px - at.x) / at.r;
    const v = (py - at.y) / at.r;
    const d = Math.hypot(u, v);
    if (d > 1.01) return;
    const z = Math.sqrt(Math.max(0, 1 - d * d));
    const [sx, sy] = [u / (0.6 + z * 0.4), v / (0.6 + z * 0.4)];
    const seas = smooth(-0.1, 0.3, fbm(of, sx * 1.5 + 4, sy * 1.5, 4));
    const pits = crests(of, sx * 7, sy * 7, 4) - crests(of, sx * 7 + 0.05, sy * 7 + 0.03, 4);
    const light = clamp(u * Math.sin(at.phase) + z * Math.cos(at.phase)) ** 0.65;
    const tone = mix(0.82, 0.36, seas) * (1 + pits * 2.4 * (1 - light * 0.6)) * light;
    lay(on, px, py, [tone, tone * 0.965, tone * 0.9], smooth(1.004, 0.99, d));
  });
}

/** Curtains of light in the north. `time` moves them. */
export function paintAurora(
  on: Canvas,
  seed: number,
  aurora: { colors: [Rgb, Rgb]; strength: number; time?: number },
): void {
  const of = noise(seed + 191);
  const { width, height } = on;
  const time = aurora.time ?? 0;
  for (let band = 0; band < 3; band++)
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const sway = fbm(of, u * 2.1 + band * 9 + time, band * 3.3 + time * 0.6, 3);
      const foot = (0.5 - band * 0.1 + sway * 0.22) * height;
      const ray = clamp(0.42 + fbm(of, u * 26 + sway * 9 + time * 3, band * 5 + time, 3) * 0.75);
      const strong =
        aurora.strength * clamp(0.75 + fbm(of, u * 1.3 + time, band + 8.8, 2) * 1.3) * (1 - band * 0.26);
      const long = height * (0.24 + ray * 0.3);
      for (let y = Math.max(0, Math.floor(foot - long * 2)); y < foot + 26; y++) {
        const up = (foot - y) / long;
        const light = up < 0 ? Math.exp(-((up * long) ** 2) / 120) : Math.exp(-up * 2.2);
        shine(
          on,
          x,
          y,
          blend(aurora.colors[0], aurora.colors[1], smooth(0.12, 0.95, up)),
          light * ray * strong,
        );
      }
    }
}

export const white = rgb(0xffffff);
