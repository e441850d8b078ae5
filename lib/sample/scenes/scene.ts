/** What a scene is, and the light it is painted in. */
import { blend, type Canvas, type Look, type Rgb, rgb, scaled } from "../canvas.ts";
import type { Sky } from "../paint/sky.ts";

/** Paints, and says how it is to be developed. `time` moves what can move. */
export type Scene = (on: Canvas, seed: number, time?: number) => Omit<Look, "seed">;

export type Mood = {
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

export type Where = {
  horizon?: number;
  x?: number;
  y?: number;
  disc?: number;
  cover?: number;
  flat?: number;
  stars?: number;
};
export const sky = (m: Mood, at: Where): Sky => ({
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
