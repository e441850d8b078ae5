/** Scenes from close up. */
import {
  around,
  blend,
  blur,
  clamp,
  crests,
  fbm,
  fill,
  lay,
  mix,
  noise,
  type Rgb,
  rgb,
  scaled,
  smooth,
} from "../canvas.ts";
import { paintBall, paintBoards, paintFlowers, paintPaper } from "../paint/near.ts";
import { paintLights } from "../paint/town.ts";
import type { Scene } from "./scene.ts";

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
    paintLights(on, seed, {
      count: 46,
      colors: [b, blend(b, [1, 1, 1], 0.4), rgb(bed.color)],
      radius: 0.07,
      from: 0,
      to: 0.9,
      strength: 0.11,
    });
    blur(on, 7 * (on.height / 1000));
    paintFlowers(on, seed, {
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

/** Fruit on a table: `balls` in parts of the picture's width and height, and their radius in parts of its height. */
export const fruit =
  (
    wood: [number, number],
    skin: { a: number; b: number; pores: number; streaks: number; gloss: number },
    balls: [number, number, number][],
  ): Scene =>
  (on, seed) => {
    paintBoards(on, seed, { light: rgb(wood[0]), dark: rgb(wood[1]), boards: 5 });
    fill(on, (x, y, out) => {
      const at = (y * on.width + x) * 3;
      const pool = mix(0.42, 1.2, smooth(1.05, 0.1, Math.hypot(x / on.width - 0.36, y / on.height - 0.34)));
      for (let n = 0; n < 3; n++) out[n] = (on.pixels[at + n] ?? 0) * pool;
    });
    const [a, b] = [rgb(skin.a), rgb(skin.b)];
    const of = noise(seed + 2);
    for (const [index, [x, y, r]] of balls.entries())
      paintBall(
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
  paintBoards(on, seed, { light: rgb(0x9a6f49), dark: rgb(0x4a2e1b), boards: 6, across: true });
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
    const sheets: Parameters<typeof paintPaper>[2] = [
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
    paintPaper(on, seed, sheets);
    return { vignette: 0.2, grain: 0.012 };
  };
