/** What people build: towns by night, their lights, their fronts and stairs. */
import {
  around,
  blend,
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
  shine,
  smooth,
} from "../canvas.ts";

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
