/** Scenes of the town. */
import {
  around,
  blend,
  blur,
  type Canvas,
  clamp,
  fbm,
  fill,
  lay,
  noise,
  rgb,
  scaled,
  smooth,
} from "../canvas.ts";
import { paintMoon, paintSky } from "../paint/sky.ts";
import { paintFacade, paintLights, paintStairs, paintTown } from "../paint/town.ts";
import { reflect } from "../paint/water.ts";
import { type Mood, type Scene, sky } from "./scene.ts";

const lamps = [0xffd59a, 0xffe9c4, 0xffb96a, 0xd9ecff, 0xfff6e4].map(rgb);

export const town =
  (
    m: Mood,
    how: { tall?: number; lit?: number; river?: number; moon?: boolean; cover?: number } = {},
  ): Scene =>
  (on, seed) => {
    const river = how.river ?? 1.01;
    paintSky(
      on,
      seed,
      sky(m, {
        horizon: Math.min(0.86, river),
        x: 0.42,
        y: 0.74,
        stars: 60,
        ...(how.cover === undefined ? {} : { cover: how.cover }),
      }),
    );
    if (how.moon === true)
      paintMoon(on, seed, {
        x: on.width * 0.78,
        y: on.height * 0.2,
        r: on.height * 0.045,
        phase: 0.6,
      });
    paintTown(on, seed, {
      base: river,
      layers: 4,
      far: blend(m.middle, m.low, 0.25),
      near: scaled(m.near, 0.8),
      lamps,
      lit: how.lit ?? 0.32,
      tall: how.tall ?? 0.62,
    });
    if (river < 1) reflect(on, seed, { from: river, calm: 0.45, tint: scaled(m.near, 0.7) });
    return { exposure: 1.1, vignette: 0.3 };
  };

export const lights =
  (from: number, to: number, colors: number[], how: { count?: number; radius?: number } = {}): Scene =>
  (on, seed) => {
    const [a, b] = [rgb(from), rgb(to)];
    const of = noise(seed);
    fill(on, (x, y, out) =>
      out.set(blend(a, b, clamp(y / on.height + fbm(of, x * 0.0016, y * 0.0016, 2) * 0.5))),
    );
    paintLights(on, seed, {
      count: how.count ?? 150,
      colors: colors.map(rgb),
      radius: how.radius ?? 0.075,
      from: -0.05,
      to: 1,
      strength: 0.42,
    });
    blur(on, 2 * (on.height / 1000));
    drops(on, seed);
    return { exposure: 1, vignette: 0.4, grain: 0.018 };
  };

/** Rain on the pane in front: each drop shows what is behind it upside down. */
function drops(on: Canvas, seed: number): void {
  const of = noise(seed + 3);
  const behind = Float32Array.from(on.pixels);
  const unit = on.height / 30;
  for (let gy = 0; gy < 34; gy++)
    for (let gx = 0; gx < (on.width / on.height) * 34; gx++) {
      const keep = of(gx * 3.1 + 0.5, gy * 2.7 + 0.5);
      if (keep < 0.12) continue;
      const r = unit * (0.1 + keep * 0.62);
      const x = (gx + of(gx, gy + 0.5) * 0.9) * unit;
      const y = (gy + of(gx + 0.5, gy) * 0.9) * unit;
      around(on, { x, y, rx: r, ry: r * 1.2 }, (px, py) => {
        const u = (px - x) / r;
        const v = (py - y) / (r * 1.15);
        const d = Math.hypot(u, v);
        if (d > 1) return;
        const sx = Math.round(clamp(px - u * r * 9, 0, on.width - 1));
        const sy = Math.round(clamp(py - v * r * 9, 0, on.height - 1));
        const at = (sy * on.width + sx) * 3;
        const light = 0.62 + smooth(0.5, 1, v) * 0.75 - smooth(0.6, 1, d) * 0.5;
        const spark = smooth(0.24, 0.08, Math.hypot(u + 0.3, v + 0.42)) * 0.55;
        lay(
          on,
          px,
          py,
          [0, 1, 2].map((n) => (behind[at + n] ?? 0) * light + spark),
          smooth(1, 0.9, d) * 0.9,
        );
      });
    }
}

export const facade =
  (
    wall: number,
    glass: number,
    glow: number,
    how: { columns: number; rows: number; lean: number; shadow: number },
  ): Scene =>
  (on, seed) => {
    paintFacade(on, seed, { wall: rgb(wall), glass: rgb(glass), glow: rgb(glow), ...how });
    return { vignette: 0.2 };
  };

export const stairs =
  (step: number, rail: number, core: number, turns: number): Scene =>
  (on, seed) => {
    paintStairs(on, seed, { step: rgb(step), rail: rgb(rail), core: rgb(core), turns });
    return { vignette: 0.45 };
  };
