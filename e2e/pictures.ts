/** Pictures drawn for the tests: landscapes with sky, ridges and grain, and what a camera writes into its files. */
import { randomBytes, randomUUID } from "node:crypto";
import sharp from "sharp";

/** Repeatable numbers in [0, 1). */
function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function ridge(next: () => number, width: number, height: number, top: number, rough: number): string {
  const steps = 40;
  let y = top;
  const points = Array.from({ length: steps + 1 }, (_, n) => {
    y += (next() - 0.5) * rough;
    return `${((n / steps) * width).toFixed(0)},${Math.min(height, Math.max(top - rough * 3, y)).toFixed(0)}`;
  });
  return `0,${height} ${points.join(" ")} ${width},${height}`;
}

/** A landscape as SVG. Seeds look different: time of day, weather, season. */
function scene(seed: number, width: number, height: number): string {
  const next = numbers(seed);
  const hue = Math.floor(next() * 360);
  const dusk = next();
  const sky = `hsl(${(hue + 190) % 360} ${40 + dusk * 40}% ${35 + dusk * 30}%)`;
  const low = `hsl(${(hue + 30) % 360} ${60 + dusk * 30}% ${65 + dusk * 15}%)`;
  const sunX = width * (0.15 + next() * 0.7);
  const sunY = height * (0.2 + next() * 0.3);
  const layers = Array.from({ length: 5 }, (_, n) => {
    const depth = n / 4;
    const top = height * (0.42 + depth * 0.38 + (next() - 0.5) * 0.08);
    const fill = `hsl(${(hue + 150 + n * 12) % 360} ${18 + depth * 30}% ${52 - depth * 40}%)`;
    return `<polygon points="${ridge(next, width, height, top, height * (0.05 + depth * 0.03))}" fill="${fill}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${sky}"/><stop offset=".75" stop-color="${low}"/></linearGradient>
      <radialGradient id="sun"><stop offset="0" stop-color="#fff" stop-opacity=".95"/><stop offset=".15" stop-color="#fff3d0" stop-opacity=".7"/><stop offset="1" stop-color="#ffd9a0" stop-opacity="0"/></radialGradient>
      <filter id="cloud" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="${0.004 + next() * 0.004} .018" numOctaves="5" seed="${seed}"/><feColorMatrix values="0 0 0 0 1  0 0 0 0 1  0 0 0 0 1  1.6 0 0 0 -.75"/></filter>
      <filter id="grain" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency=".8" numOctaves="2" seed="${seed + 7}"/><feColorMatrix values="0 0 0 0 .5  0 0 0 0 .5  0 0 0 0 .5  .35 0 0 0 -.08"/></filter>
    </defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${sunX}" cy="${sunY}" r="${height * 0.45}" fill="url(#sun)"/>
    <rect width="100%" height="60%" filter="url(#cloud)" opacity=".8"/>
    ${layers.join("\n")}
    <rect width="100%" height="100%" filter="url(#grain)" opacity=".5"/>
  </svg>`;
}

export type Drawn = { name: string; mimeType: string; buffer: Buffer };

/** A JPEG a camera could have made. `taken` is local time at UTC+9. */
export async function photograph(
  seed: number,
  options: { width?: number; height?: number; taken?: string; name?: string; gps?: boolean } = {},
): Promise<Drawn> {
  const { width = 1600, height = 1067, taken = "2026:05:17 18:42:10" } = options;
  const buffer = await sharp(Buffer.from(scene(seed, width, height)))
    .withExif({
      IFD0: { Make: "Tintype", Model: "Field Camera 1", ImageDescription: randomUUID() },
      IFD2: {
        DateTimeOriginal: taken,
        OffsetTimeOriginal: "+09:00",
        LensModel: "35mm F2",
        FNumber: "56/10",
        ExposureTime: "1/250",
        PhotographicSensitivity: "200",
        FocalLength: "35/1",
      },
      ...(options.gps === true
        ? {
            IFD3: {
              GPSLatitudeRef: "N",
              GPSLatitude: "33/1 27/1 0/1",
              GPSLongitudeRef: "E",
              GPSLongitude: "126/1 33/1 0/1",
            },
          }
        : {}),
    })
    .jpeg({ quality: 88 })
    .toBuffer();
  return {
    name: options.name ?? `Field_${String(seed).padStart(4, "0")}.jpg`,
    mimeType: "image/jpeg",
    buffer,
  };
}

/** A GIF of coloured frames. */
export async function animation(frames: number): Promise<Drawn> {
  const images = await Promise.all(
    Array.from({ length: frames }, (_, n) =>
      sharp({
        create: { width: 240, height: 160, channels: 3, background: { r: n * 20, g: 120, b: 200 - n * 15 } },
      })
        .png()
        .toBuffer(),
    ),
  );
  const buffer = await sharp(images, { join: { animated: true } })
    .gif({ delay: 120, loop: 0 })
    .toBuffer();
  return { name: `Loop_${randomUUID().slice(0, 4)}.gif`, mimeType: "image/gif", buffer };
}

/** A picture of some twelve million bytes and two million pixels: noise, at sixteen bits a colour. */
export async function large(name: string): Promise<Drawn> {
  const size = { width: 1500, height: 1300 };
  const noise = new Uint16Array(randomBytes(size.width * size.height * 6).buffer);
  const buffer = await sharp(noise, { raw: { ...size, channels: 3 } })
    .toColourspace("rgb16")
    .png({ compressionLevel: 0 })
    .toBuffer();
  return { name, mimeType: "image/png", buffer };
}
