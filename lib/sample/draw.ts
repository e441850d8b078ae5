/** Paints a sample and writes it as its camera would have. */
import { type Exif, movingPicture, type Painted, photograph } from "../imaging/develop.ts";
import { canvas, develop, numbers } from "./canvas.ts";
import { cameraOf, type Sample } from "./catalogue.ts";

export type Drawn = { filename: string; mime: "image/jpeg" | "image/webp"; bytes: Buffer; modified: Date };

const frames = 18;
const frameMs = 90;

/** The same bytes whenever it is called with the same number, as long as the libraries are the same. */
export async function draw(sample: Sample, number: number): Promise<Drawn> {
  const stem = `${cameraOf(sample).make.slice(0, 3).toUpperCase()}_${String(4021 + number * 37).padStart(4, "0")}`;
  // The date of a picture whose camera writes none.
  const modified = new Date(`${sample.taken}${sample.offset}`);
  if (!sample.moves)
    return {
      modified,
      filename: `${stem}.jpg`,
      mime: "image/jpeg",
      bytes: await photograph(paint(sample, number), exifOf(sample, number)),
    };
  // There and back, so that the last frame leads to the first.
  const shown = Array.from({ length: frames }, (_, n) =>
    paint(sample, number, 0.16 * Math.sin((n / frames) * 2 * Math.PI)),
  );
  return {
    modified,
    filename: `${stem}.webp`,
    mime: "image/webp",
    bytes: await movingPicture(shown, frameMs),
  };
}

function paint({ width, height, scene }: Sample, number: number, time = 0): Painted {
  const on = canvas(width, height);
  const seed = number * 101 + 7;
  const look = scene(on, seed, time);
  return { pixels: develop(on, { seed, ...look }), width, height };
}

/** Degrees as EXIF has them. */
function angle(degrees: number): string {
  const seconds = Math.round(Math.abs(degrees) * 3600 * 100);
  return `${Math.floor(seconds / 360_000)}/1 ${Math.floor((seconds % 360_000) / 6_000)}/1 ${seconds % 6_000}/100`;
}

function exifOf(sample: Sample, number: number): Exif {
  const { make, model, lens, aperture, iso, mm } = cameraOf(sample);
  const next = numbers(number + 1);
  const speeds = [30, 60, 125, 250, 500, 1000];
  const isDark = sample.tags.includes("night");
  const taken = sample.taken.replaceAll("-", ":").replace("T", " ");
  const { place } = sample;
  // Nobody stands still: each picture a few hundred metres from the last.
  const [latitude, longitude] = [place?.[0] ?? 0, place?.[1] ?? 0].map((one) => one + (next() - 0.5) * 0.02);
  return {
    IFD0: { Make: make, Model: model, DateTime: taken },
    IFD2: {
      DateTimeOriginal: taken,
      OffsetTimeOriginal: sample.offset,
      LensModel: lens,
      FNumber: `${Math.round(aperture * 10)}/10`,
      ExposureTime: isDark ? "4/1" : `1/${speeds[Math.floor(next() * speeds.length)] ?? 125}`,
      ISOSpeedRatings: String(isDark ? 1600 : iso),
      FocalLength: `${mm}/1`,
    },
    ...(place === undefined
      ? {}
      : {
          IFD3: {
            GPSLatitudeRef: (latitude ?? 0) < 0 ? "S" : "N",
            GPSLatitude: angle(latitude ?? 0),
            GPSLongitudeRef: (longitude ?? 0) < 0 ? "W" : "E",
            GPSLongitude: angle(longitude ?? 0),
            GPSAltitude: `${place[2]}/1`,
          },
        }),
  };
}
