/** The sample pictures as one would order them: "ridges at dawn, with a lake". Each paints a canvas of any size. */
import {
  around,
  blend,
  blur,
  type Canvas,
  clamp,
  crests,
  fbm,
  fill,
  type Look,
  lay,
  mix,
  noise,
  type Rgb,
  rgb,
  scaled,
  smooth,
} from "./canvas.ts";
import * as land from "./land.ts";
import * as things from "./things.ts";

/** Paints, and says how it is to be developed. `time` moves what can move. */
export type Scene = (on: Canvas, seed: number, time?: number) => Omit<Look, "seed">;

type Mood = {
  top: Rgb;
  middle: Rgb;
  low: Rgb;
  far: Rgb;
  near: Rgb;
  sun: Rgb;
  glow: number;
  light: Rgb;
  dark: Rgb;
};

const mood = (
  top: number,
  middle: number,
  low: number,
  far: number,
  near: number,
  sun: number,
  glow: number,
): Mood => ({
  top: rgb(top),
  middle: rgb(middle),
  low: rgb(low),
  far: rgb(far),
  near: rgb(near),
  sun: rgb(sun),
  glow,
  light: blend(rgb(low), [1, 1, 1], 0.45),
  dark: scaled(blend(rgb(middle), rgb(top), 0.5), 0.62),
});

export const moods = {
  dawn: mood(0x3b5b8c, 0xc58f9a, 0xf6c99c, 0xa98aa6, 0x141a2e, 0xffb26b, 0.75),
  noon: mood(0x2a67b4, 0x6ea6dc, 0xcfe3ee, 0x86a9c8, 0x1f3323, 0xfff4dc, 0.28),
  gold: mood(0x48648e, 0xd9a566, 0xfcd089, 0xb58d72, 0x20160f, 0xffb347, 0.9),
  dusk: mood(0x1d2547, 0x7b4a76, 0xef8a62, 0x6d4c78, 0x0c0d1b, 0xff7a45, 0.8),
  blue: mood(0x0b1733, 0x274b7c, 0x8fb0cc, 0x4a6d98, 0x060b18, 0xbcd3ff, 0.12),
  storm: mood(0x39434e, 0x6d7880, 0xb5b9b6, 0x76838a, 0x161c1e, 0xdde3e0, 0.22),
  rose: mood(0x6a7fb5, 0xdcb0c0, 0xfbdcc8, 0xb7a0c4, 0x2b2a4a, 0xffd7b0, 0.5),
  autumn: mood(0x4f7ea8, 0xa9c4d2, 0xf0dfc0, 0xa89a86, 0x3a1e0d, 0xffe1a8, 0.45),
} as const satisfies Record<string, Mood>;

type Where = {
  horizon?: number;
  x?: number;
  y?: number;
  disc?: number;
  cover?: number;
  flat?: number;
  stars?: number;
};
const sky = (m: Mood, at: Where): land.Sky => ({
  top: m.top,
  middle: m.middle,
  low: m.low,
  horizon: at.horizon ?? 0.6,
  sun: { x: at.x ?? 0.62, y: at.y ?? 0.42, color: m.sun, glow: m.glow, disc: at.disc ?? 0 },
  ...(at.cover === undefined
    ? {}
    : { clouds: { cover: at.cover, light: m.light, dark: m.dark, flat: at.flat ?? 0.9 } }),
  ...(at.stars === undefined ? {} : { stars: at.stars }),
});

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
    land.paintSky(on, seed, sky(m, { ...how, horizon: from + 0.14 }));
    land.paintRanges(on, seed, {
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
      land.reflect(on, seed, { from: how.lake, calm: 0.82, tint: blend(m.near, m.far, 0.3) });
    return { warmth: 0.05 };
  };

type Shore = Where & { swell?: number; beach?: number; island?: boolean; road?: number };

export const sea =
  (m: Mood, how: Shore = {}): Scene =>
  (on, seed) => {
    const horizon = how.horizon ?? 0.52;
    land.paintSky(on, seed, sky(m, { ...how, horizon, y: how.y ?? horizon - 0.1 }));
    if (how.island === true)
      land.paintRanges(on, seed, {
        layers: 2,
        from: horizon + 0.005,
        to: horizon + 0.02,
        high: 0.13,
        far: m.far,
        near: blend(m.far, m.near, 0.5),
        haze: m.low,
      });
    land.paintSea(on, seed, {
      from: horizon,
      far: blend(m.low, m.middle, 0.45),
      near: scaled(blend(m.top, m.near, 0.25), 0.9),
      swell: how.swell ?? 0.3,
      road: { x: how.x ?? 0.62, color: m.sun, wide: how.road ?? 0.1 },
    });
    if (how.beach !== undefined)
      land.paintBeach(on, seed, {
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
    land.paintSky(on, seed, sky(m, { ...how, horizon: how.horizon ?? 0.5 }));
    land.paintDunes(on, seed, {
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
    land.paintWood(on, seed, {
      mist: rgb(mist),
      bark: rgb(how.bark ?? 0x2c2219),
      leaf: rgb(leaf),
      leafLit: rgb(leafLit),
      floor: rgb(how.floor ?? 0x2a2a14),
      ...(how.beams === undefined ? {} : { beams: how.beams }),
    });
    return { vignette: 0.4 };
  };

const lamps = [0xffd59a, 0xffe9c4, 0xffb96a, 0xd9ecff, 0xfff6e4].map(rgb);

export const town =
  (
    m: Mood,
    how: { tall?: number; lit?: number; river?: number; moon?: boolean; cover?: number } = {},
  ): Scene =>
  (on, seed) => {
    const river = how.river ?? 1.01;
    land.paintSky(
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
      things.paintMoon(on, seed, {
        x: on.width * 0.78,
        y: on.height * 0.2,
        r: on.height * 0.045,
        phase: 0.6,
      });
    things.paintTown(on, seed, {
      base: river,
      layers: 4,
      far: blend(m.middle, m.low, 0.25),
      near: scaled(m.near, 0.8),
      lamps,
      lit: how.lit ?? 0.32,
      tall: how.tall ?? 0.62,
    });
    if (river < 1) land.reflect(on, seed, { from: river, calm: 0.45, tint: scaled(m.near, 0.7) });
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
    things.paintLights(on, seed, {
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

type Bed = {
  count?: number;
  petals: number;
  color: number;
  inner?: number;
  heart: number;
  size?: number;
  round?: number;
};

export const flowers =
  (low: number, high: number, bed: Bed): Scene =>
  (on, seed) => {
    const [a, b] = [rgb(low), rgb(high)];
    const of = noise(seed + 9);
    fill(on, (x, y, out) => {
      const t = clamp(1 - y / on.height + fbm(of, x * 0.002, y * 0.002, 3) * 0.9);
      out.set(scaled(blend(a, b, t), 0.75 + fbm(of, x * 0.0035 + 9, y * 0.0035, 2) * 0.55));
    });
    things.paintLights(on, seed, {
      count: 46,
      colors: [b, blend(b, [1, 1, 1], 0.4), rgb(bed.color)],
      radius: 0.07,
      from: 0,
      to: 0.9,
      strength: 0.11,
    });
    blur(on, 7 * (on.height / 1000));
    things.paintFlowers(on, seed, {
      count: bed.count ?? 9,
      petals: bed.petals,
      color: rgb(bed.color),
      inner: rgb(bed.inner ?? bed.color),
      heart: rgb(bed.heart),
      stem: rgb(0x4c7a2c),
      size: bed.size ?? 0.2,
      round: bed.round ?? 0.5,
    });
    return { vignette: 0.36, saturation: 1.1 };
  };

export const facade =
  (
    wall: number,
    glass: number,
    glow: number,
    how: { columns: number; rows: number; lean: number; shadow: number },
  ): Scene =>
  (on, seed) => {
    things.paintFacade(on, seed, { wall: rgb(wall), glass: rgb(glass), glow: rgb(glow), ...how });
    return { vignette: 0.2 };
  };

export const stairs =
  (step: number, rail: number, core: number, turns: number): Scene =>
  (on, seed) => {
    things.paintStairs(on, seed, { step: rgb(step), rail: rgb(rail), core: rgb(core), turns });
    return { vignette: 0.45 };
  };

/** Fruit on a table: `balls` in parts of the picture's width and height, and their radius in parts of its height. */
export const fruit =
  (
    wood: [number, number],
    skin: { a: number; b: number; pores: number; streaks: number; gloss: number },
    balls: [number, number, number][],
  ): Scene =>
  (on, seed) => {
    things.paintBoards(on, seed, { light: rgb(wood[0]), dark: rgb(wood[1]), boards: 5 });
    fill(on, (x, y, out) => {
      const at = (y * on.width + x) * 3;
      const pool = mix(0.42, 1.2, smooth(1.05, 0.1, Math.hypot(x / on.width - 0.36, y / on.height - 0.34)));
      for (let n = 0; n < 3; n++) out[n] = (on.pixels[at + n] ?? 0) * pool;
    });
    const [a, b] = [rgb(skin.a), rgb(skin.b)];
    const of = noise(seed + 2);
    for (const [index, [x, y, r]] of balls.entries())
      things.paintBall(
        on,
        { x: x * on.width, y: y * on.height, r: r * on.height },
        (u, v, out) => {
          const streak = of(u * 2 + index * 9, v * 2) + of(Math.atan2(v, u) * 9 + index, 2) * skin.streaks;
          out.set(blend(a, b, clamp(0.45 + streak * 0.9)));
          return of(u * 26 + index * 7, v * 26) * skin.pores;
        },
        { shadow: 0.85, gloss: skin.gloss },
      );
    return { warmth: 0.06, vignette: 0.36 };
  };

export const coffee: Scene = (on, seed) => {
  things.paintBoards(on, seed, { light: rgb(0x9a6f49), dark: rgb(0x4a2e1b), boards: 6, across: true });
  const of = noise(seed + 4);
  const [x, y, r] = [on.width * 0.53, on.height * 0.52, Math.min(on.width, on.height) * 0.37];
  const disc = (
    radius: number,
    dx: number,
    dy: number,
    soft: number,
    paint: (u: number, v: number, d: number) => Rgb,
    cover = 1,
  ): void =>
    around(on, { x: x + dx, y: y + dy, rx: radius * 1.2, ry: radius * 1.2 }, (px, py) => {
      const [u, v] = [(px - x - dx) / radius, (py - y - dy) / radius];
      const d = Math.hypot(u, v);
      if (d < 1 + soft) lay(on, px, py, paint(u, v, d), cover * smooth(1 + soft, 1 - soft, d));
    });
  const china = (u: number, v: number, light: number): Rgb =>
    scaled([0.78, 0.77, 0.74], clamp(light - u * 0.12 - v * 0.14, 0.1, 1.15));
  disc(r * 1.04, r * 0.1, r * 0.13, 0.14, () => [0.012, 0.008, 0.006], 0.8);
  disc(r, 0, 0, 0.004, (u, v, d) =>
    china(
      u,
      v,
      0.82 + smooth(0.9, 0.97, d) * 0.2 - smooth(0.55, 0.62, d) * (1 - smooth(0.62, 0.7, d)) * 0.16,
    ),
  );
  disc(r * 0.64, r * 0.07, r * 0.09, 0.16, () => [0.05, 0.04, 0.035], 0.6);
  disc(r * 0.57, 0, 0, 0.006, (u, v, d) =>
    china(u, v, 0.95 - smooth(0.88, 0.96, d) * (1 - smooth(0.96, 1, d)) * 0.1),
  );
  disc(r * 0.51, 0, 0, 0.01, (u, v, d) => {
    const swirl = Math.atan2(v, u) + d * 3.4 + fbm(of, u * 1.6, v * 1.6, 3) * 1.1;
    const foam = smooth(
      0.1,
      0.75,
      Math.sin(swirl * 3) * 0.5 + fbm(of, u * 4, v * 4, 4) * 0.9 + 0.3 - d * 0.5,
    );
    const crema = blend(rgb(0x5a2d10), rgb(0xb77a3c), clamp(0.42 + fbm(of, u * 9, v * 9, 4) * 0.7));
    const edge = 1 - smooth(0.8, 1, d + (u + v) * -0.06) * 0.72;
    return scaled(blend(crema, rgb(0xe8d2ab), foam * 0.8), edge);
  });
  return { warmth: 0.08, vignette: 0.42 };
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
      things.paintBalloon(
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

export const aurora =
  (low: number, high: number, how: { strength?: number; trees?: number; lake?: number } = {}): Scene =>
  (on, seed, time = 0) => {
    land.paintSky(on, seed, {
      top: rgb(0x050a18),
      middle: rgb(0x0a1730),
      low: rgb(0x17334a),
      horizon: 0.75,
      stars: Math.round(on.width / 2),
    });
    things.paintAurora(on, seed, { colors: [rgb(low), rgb(high)], strength: how.strength ?? 0.95, time });
    const lake = how.lake ?? 1.01;
    land.paintRanges(on, seed, {
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
    if (lake < 1) land.reflect(on, seed, { from: lake, calm: 0.86, tint: rgb(0x04101c) });
    return { exposure: 1.15, grain: 0.02 };
  };

export const stars =
  (m: Mood): Scene =>
  (on, seed) => {
    const of = noise(seed + 6);
    land.paintSky(on, seed, {
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
    land.paintDunes(on, seed, {
      from: 0.74,
      layers: 3,
      lit: scaled(m.far, 0.12),
      shade: rgb(0x05060c),
      haze: rgb(0x1b1a24),
    });
    return { exposure: 1.25, grain: 0.024 };
  };

export const moon: Scene = (on, seed) => {
  fill(on, (_, y, out) => out.set(blend(rgb(0x05070d), rgb(0x0c121d), y / on.height)));
  things.paintMoon(on, seed, {
    x: on.width * 0.5,
    y: on.height * 0.5,
    r: Math.min(on.width, on.height) * 0.36,
    phase: 0.95,
  });
  return { vignette: 0, saturation: 0.9, exposure: 1.15 };
};

export const ice: Scene = (on, seed) => {
  const of = noise(seed + 7);
  fill(on, (x, y, out) => {
    const [u, v] = [x / 300, y / 300];
    const warp = fbm(of, u, v, 4) * 0.8;
    const depth = clamp(0.42 + fbm(of, u * 0.8 + warp, v * 0.8 - warp, 5) * 0.75);
    const crack = (s: number, o: number): number =>
      1 - smooth(0, 0.035, Math.abs(of(u * s + warp * 0.9 + o, v * s * 0.72 + o + warp)));
    const line = Math.max(crack(0.9, 3), crack(1.9, 11) * 0.6, crack(4.2, 23) * 0.3);
    const bubble = smooth(0.42, 0.56, of(x * 0.06, y * 0.06)) * smooth(0.3, 0.6, depth) * 0.5;
    const color = blend(rgb(0x06283d), rgb(0x7fc4d6), depth ** 1.5);
    for (let n = 0; n < 3; n++) out[n] = mix(color[n] ?? 0, 0.86, clamp(line * 0.8 + bubble));
  });
  return { vignette: 0.3 };
};

export const leaf: Scene = (on, seed) => {
  const of = noise(seed + 8);
  fill(on, (x, y, out) => {
    const [dx, dy] = [(x - on.width * 0.06) / on.height, (y - on.height * 0.9) / on.height];
    const u = dx * 0.84 - dy * 0.55;
    const v = dx * 0.55 + dy * 0.84 + Math.sin(u * 2.4) * 0.05;
    const side = Math.abs(v);
    const main = Math.exp(-((v / (0.016 - u * 0.006)) ** 2));
    const along = (u - side * 0.85) * 7.2 + (v > 0 ? 0.5 : 0) + of(u * 3, v * 3) * 0.22;
    const rib = Math.abs(along - Math.round(along));
    const veins = Math.exp(-((rib / (0.05 - Math.min(0.032, side * 0.05))) ** 2));
    const cells = crests(of, x * 0.03 + v * 9, y * 0.03, 3);
    const light = 0.5 + fbm(of, u * 2, v * 2, 3) * 0.35 + Math.exp(-((u - 0.9) ** 2 + v * v) * 1.6) * 0.5;
    const green = blend(rgb(0x2f6410), rgb(0xa6c82e), clamp(light * 0.75 + (cells - 0.6) * 0.32));
    out.set(blend(scaled(green, 0.62 + light * 0.55), rgb(0xe6efa0), clamp(main * 0.85 + veins * 0.5)));
  });
  return { vignette: 0.42, saturation: 1.08 };
};

export const field =
  (m: Mood, row: number, gap: number, how: Where & { rows?: number; vanish?: number } = {}): Scene =>
  (on, seed) => {
    const from = how.horizon ?? 0.46;
    ridges(m, { ...how, layers: 3, from: from - 0.06, high: 0.13, trees: 1, soft: true })(on, seed);
    things.paintField(on, seed, {
      from,
      row: rgb(row),
      gap: rgb(gap),
      haze: blend(m.low, rgb(row), 0.55),
      vanish: how.vanish ?? 0.56,
      rows: how.rows ?? 13,
    });
    return { saturation: 1.1, warmth: 0.04 };
  };

type Person = {
  short?: true;
  hair: number;
  skin: number;
  coat: number;
  scarf?: number;
  x?: number;
  size?: number;
};

export const people =
  (back: number, disc: number, persons: Person[]): Scene =>
  (on, seed) => {
    const base = rgb(back);
    const of = noise(seed);
    fill(on, (x, y, out) =>
      out.set(scaled(base, 1 + of(x * 0.3, y * 0.3) * 0.05 + fbm(of, x * 0.003, y * 0.003, 2) * 0.1)),
    );
    const blob = (x: number, y: number, rx: number, ry: number) => ({ x, y, rx, ry });
    const sheets: Parameters<typeof things.paintPaper>[2] = [
      { color: rgb(disc), lift: 0.012, shapes: [blob(0.5, 0.42, 0.46, 0.46)] },
    ];
    for (const one of persons) {
      const x = one.x ?? 0.5;
      const s = one.size ?? 1;
      const top = 0.46 + (1 - s) * 0.3;
      sheets.push(
        {
          color: rgb(one.hair),
          lift: 0.01,
          shapes:
            one.short === true
              ? [blob(x, top - 0.05 * s, 0.155 * s, 0.175 * s)]
              : [
                  blob(x, top - 0.06 * s, 0.185 * s, 0.2 * s),
                  blob(x - 0.07 * s, top + 0.05 * s, 0.13 * s, 0.23 * s),
                  blob(x + 0.09 * s, top + 0.03 * s, 0.11 * s, 0.2 * s),
                ],
        },
        {
          color: rgb(one.coat),
          lift: 0.012,
          shapes: [
            blob(x, top + 0.5 * s, 0.38 * s, 0.3 * s),
            blob(x, top + 0.78 * s, 0.52 * s, 0.56 * s),
            blob(x, top + 0.3 * s, 0.12 * s, 0.12 * s),
          ],
        },
        {
          color: scaled(rgb(one.skin), 0.86),
          lift: 0.006,
          shapes: [blob(x, top + 0.17 * s, 0.072 * s, 0.15 * s)],
        },
        { color: rgb(one.skin), lift: 0.009, shapes: [blob(x, top, 0.135 * s, 0.18 * s)] },
        {
          color: rgb(one.hair),
          lift: 0.006,
          shapes: [
            blob(x - 0.035 * s, top - 0.125 * s, 0.13 * s, 0.075 * s),
            blob(x + 0.08 * s, top - 0.1 * s, 0.065 * s, 0.075 * s),
          ],
        },
      );
      if (one.scarf !== undefined)
        sheets.push({
          color: rgb(one.scarf),
          lift: 0.009,
          shapes: [
            blob(x, top + 0.215 * s, 0.155 * s, 0.06 * s),
            blob(x + 0.075 * s, top + 0.34 * s, 0.055 * s, 0.15 * s),
          ],
        });
    }
    things.paintPaper(on, seed, sheets);
    return { vignette: 0.2, grain: 0.012 };
  };
