/** Skies, stars, the moon, northern lights and what floats in the air. */
import {
  around,
  blend,
  type Canvas,
  clamp,
  crests,
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
