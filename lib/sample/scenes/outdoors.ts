/** Scenes as one would order them: "ridges at dawn, with a lake". */
import { blend, clamp, fbm, fill, noise, rgb, scaled, smooth } from "../canvas.ts";
import { paintDunes, paintField, paintRanges } from "../paint/land.ts";
import { paintAurora, paintBalloon, paintMoon, paintSky } from "../paint/sky.ts";
import { paintBeach, paintSea, reflect } from "../paint/water.ts";
import { paintWood } from "../paint/wood.ts";
import { type Mood, type Scene, sky, type Where } from "./scene.ts";

type Hills = Where & {
  layers?: number;
  from?: number;
  high?: number;
  snow?: number;
  trees?: number;
  soft?: boolean;
  lake?: number;
};

export const ridges =
  (m: Mood, how: Hills = {}): Scene =>
  (on, seed) => {
    const from = how.from ?? 0.48;
    paintSky(on, seed, sky(m, { ...how, horizon: from + 0.14 }));
    paintRanges(on, seed, {
      layers: how.layers ?? 6,
      from,
      high: how.high ?? 0.26,
      far: m.far,
      near: m.near,
      haze: blend(m.low, m.far, 0.35),
      light: m.sun,
      ...(how.snow === undefined ? {} : { snow: how.snow }),
      trees: how.trees ?? 2,
      ...(how.soft === true ? { smoothness: 1 } : {}),
      to: how.lake === undefined ? 0.93 : how.lake - 0.02,
    });
    if (how.lake !== undefined)
      reflect(on, seed, { from: how.lake, calm: 0.82, tint: blend(m.near, m.far, 0.3) });
    return { warmth: 0.05 };
  };

type Shore = Where & { swell?: number; beach?: number; island?: boolean; road?: number };

export const sea =
  (m: Mood, how: Shore = {}): Scene =>
  (on, seed) => {
    const horizon = how.horizon ?? 0.52;
    paintSky(on, seed, sky(m, { ...how, horizon, y: how.y ?? horizon - 0.1 }));
    if (how.island === true)
      paintRanges(on, seed, {
        layers: 2,
        from: horizon + 0.005,
        to: horizon + 0.02,
        high: 0.13,
        far: m.far,
        near: blend(m.far, m.near, 0.5),
        haze: m.low,
      });
    paintSea(on, seed, {
      from: horizon,
      far: blend(m.low, m.middle, 0.45),
      near: scaled(blend(m.top, m.near, 0.25), 0.9),
      swell: how.swell ?? 0.3,
      road: { x: how.x ?? 0.62, color: m.sun, wide: how.road ?? 0.1 },
    });
    if (how.beach !== undefined)
      paintBeach(on, seed, {
        from: how.beach,
        sand: rgb(0xc9ad84),
        tilt: 0.16,
        shine: blend(m.low, m.middle, 0.4),
      });
    return { warmth: 0.03 };
  };

export const dunes =
  (m: Mood, how: Where & { lit?: number; shade?: number } = {}): Scene =>
  (on, seed) => {
    paintSky(on, seed, sky(m, { ...how, horizon: how.horizon ?? 0.5 }));
    paintDunes(on, seed, {
      from: (how.horizon ?? 0.5) - 0.03,
      layers: 4,
      lit: rgb(how.lit ?? 0xe0954f),
      shade: rgb(how.shade ?? 0x4a2118),
      haze: m.low,
    });
    return { warmth: 0.08, vignette: 0.34 };
  };

export const wood =
  (
    mist: number,
    leaf: number,
    leafLit: number,
    how: { bark?: number; floor?: number; beams?: number } = {},
  ): Scene =>
  (on, seed) => {
    paintWood(on, seed, {
      mist: rgb(mist),
      bark: rgb(how.bark ?? 0x2c2219),
      leaf: rgb(leaf),
      leafLit: rgb(leafLit),
      floor: rgb(how.floor ?? 0x2a2a14),
      ...(how.beams === undefined ? {} : { beams: how.beams }),
    });
    return { vignette: 0.4 };
  };

export const field =
  (m: Mood, row: number, gap: number, how: Where & { rows?: number; vanish?: number } = {}): Scene =>
  (on, seed) => {
    const from = how.horizon ?? 0.46;
    ridges(m, { ...how, layers: 3, from: from - 0.06, high: 0.13, trees: 1, soft: true })(on, seed);
    paintField(on, seed, {
      from,
      row: rgb(row),
      gap: rgb(gap),
      haze: blend(m.low, rgb(row), 0.55),
      vanish: how.vanish ?? 0.56,
      rows: how.rows ?? 13,
    });
    return { saturation: 1.1, warmth: 0.04 };
  };

export const balloons =
  (m: Mood, at: [number, number, number][]): Scene =>
  (on, seed) => {
    ridges(m, { layers: 4, from: 0.74, high: 0.16, trees: 0, x: 0.3, y: 0.66, cover: 0.2, soft: true })(
      on,
      seed,
    );
    const silks = [
      [0xd8412f, 0xf2c14e, 0xd8412f, 0xf7efe0],
      [0x1f6f8b, 0xf7efe0, 0x1f6f8b, 0x99c8d8],
      [0xf28f3b, 0x8f2d56, 0xf28f3b, 0xf7e1a0],
      [0x5b8c5a, 0xe3d26f, 0x2f5d50, 0xe3d26f],
    ].map((set) => set.map(rgb));
    for (const [n, [x, y, r]] of at.entries())
      paintBalloon(
        on,
        { x: x * on.width, y: y * on.height, r: r * on.height },
        silks[n % silks.length] ?? [],
        {
          color: m.low,
          amount: clamp(0.62 - r * 5.2, 0, 0.62),
        },
      );
    return { warmth: 0.04 };
  };

export const stars =
  (m: Mood): Scene =>
  (on, seed) => {
    const of = noise(seed + 6);
    paintSky(on, seed, {
      top: rgb(0x04060f),
      middle: rgb(0x0a1122),
      low: rgb(0x26202c),
      horizon: 0.78,
      stars: on.width,
    });
    for (let y = 0; y < on.height * 0.8; y++)
      for (let x = 0; x < on.width; x++) {
        const across = (x / on.width - 0.62 + (y / on.height) * 0.42) * 3.1;
        const dust = fbm(of, x * 0.004, y * 0.004, 5);
        const band = Math.exp(-across * across * 2.4) * clamp(0.55 + dust * 0.9);
        const lane = smooth(0.05, 0.4, fbm(of, x * 0.006 + 5, y * 0.006, 4) + 0.25 - Math.abs(across) * 0.9);
        const light = band * (1 - lane * 0.8) * 0.26;
        const rose = clamp(dust + 0.2) * 0.35;
        const at = (y * on.width + x) * 3;
        for (let n = 0; n < 3; n++)
          on.pixels[at + n] =
            (on.pixels[at + n] ?? 0) + light * ([0.78 + rose, 0.72, 1 - rose * 0.6][n] ?? 1);
      }
    paintDunes(on, seed, {
      from: 0.74,
      layers: 3,
      lit: scaled(m.far, 0.12),
      shade: rgb(0x05060c),
      haze: rgb(0x1b1a24),
    });
    return { exposure: 1.25, grain: 0.024 };
  };

export const aurora =
  (low: number, high: number, how: { strength?: number; trees?: number; lake?: number } = {}): Scene =>
  (on, seed, time = 0) => {
    paintSky(on, seed, {
      top: rgb(0x050a18),
      middle: rgb(0x0a1730),
      low: rgb(0x17334a),
      horizon: 0.75,
      stars: Math.round(on.width / 2),
    });
    paintAurora(on, seed, { colors: [rgb(low), rgb(high)], strength: how.strength ?? 0.95, time });
    const lake = how.lake ?? 1.01;
    paintRanges(on, seed, {
      layers: 3,
      from: 0.66,
      high: 0.2,
      far: rgb(0x10243a),
      near: rgb(0x03060c),
      haze: rgb(0x0f2a38),
      light: scaled(rgb(low), 0.12),
      trees: how.trees ?? 1,
      to: Math.min(0.9, lake - 0.015),
    });
    if (lake < 1) reflect(on, seed, { from: lake, calm: 0.86, tint: rgb(0x04101c) });
    return { exposure: 1.15, grain: 0.02 };
  };

export const moon: Scene = (on, seed) => {
  fill(on, (_, y, out) => out.set(blend(rgb(0x05070d), rgb(0x0c121d), y / on.height)));
  paintMoon(on, seed, {
    x: on.width * 0.5,
    y: on.height * 0.5,
    r: Math.min(on.width, on.height) * 0.36,
    phase: 0.95,
  });
  return { vignette: 0, saturation: 0.9, exposure: 1.15 };
};
