import type { MediaDetails } from "#lib/gallery.ts";
import { typeNames } from "#lib/media.ts";
import { locale, perLocale, words } from "#lib/words.ts";
import { lengthInWords } from "../length.ts";

const w = words("media");

const number = (value: number, digits: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

function bytesInWords(bytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const unit = units[step] ?? "byte";
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit,
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step < 2 ? 0 : 1,
  }).format(bytes / 1000 ** step);
}

// The picture's own clock, which is kept as if it were UTC: noon in Seoul is noon, wherever it is looked at.
const dayFormat = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }),
);
const fullFormat = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone: "UTC" }),
);

export const dayTaken = ({ takenAt }: Pick<MediaDetails, "takenAt">): string => dayFormat().format(takenAt);

function offsetInWords(minutes: number): string {
  const sign = minutes < 0 ? "−" : "+";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  if (minutes === 0) return "UTC";
  return `UTC${sign}${hours}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
}

function takenInWords(media: MediaDetails): string {
  if (media.takenSource !== "camera" && media.takenSource !== "person") return dayTaken(media);
  const date = fullFormat().format(media.takenAt);
  return media.takenOffset === null ? date : `${date} (${offsetInWords(media.takenOffset)})`;
}

/** Short times as photographers write them: 1/250. */
function exposureSeconds(seconds: number): string {
  if (seconds >= 0.3) return number(seconds, 1);
  return `1/${number(1 / seconds, 0)}`;
}

function exposureInWords(media: MediaDetails): string | undefined {
  const parts = [
    media.aperture === null ? undefined : w("aperture", { value: number(media.aperture, 1) }),
    media.exposureTime === null || media.exposureTime <= 0
      ? undefined
      : w("seconds", { value: exposureSeconds(media.exposureTime) }),
    media.iso === null ? undefined : w("iso", { value: String(media.iso) }),
    media.focalLength === null ? undefined : w("focalLength", { value: number(media.focalLength, 1) }),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(" · ");
}

/** Narrowest first, but in Korean, where its names are known. */
function placeNames({ place, placeAlso }: MediaDetails): string {
  if (placeAlso === "" || !locale().startsWith("ko")) return place;
  return placeAlso.split(", ").toReversed().join(" ");
}

function coordinatesInWords({ latitude, longitude, altitude }: MediaDetails): string | undefined {
  if (latitude === null || longitude === null) return undefined;
  const place = w("placeValue", { latitude: latitude.toFixed(5), longitude: longitude.toFixed(5) });
  return altitude === null ? place : `${place} · ${w("altitude", { value: number(altitude, 0) })}`;
}

export type Fact = { name: string; value: string; detail?: string };

const takenNames = {
  camera: "takenCamera",
  file: "takenFile",
  upload: "takenUpload",
  person: "takenPerson",
} as const;

/** What is known of the picture, in words, in the order people ask. */
export function factsOf(media: MediaDetails): Fact[] {
  const megapixels = (media.width * media.height) / 1_000_000;
  const size = w("dimensionsValue", { width: String(media.width), height: String(media.height) });
  const file = [
    typeNames[media.mime],
    bytesInWords(media.bytes),
    ...(media.frames > 1 ? [w("frames", { n: media.frames })] : []),
    ...(media.kind === "picture" || media.duration === null ? [] : [lengthInWords(media.duration)]),
  ].join(" · ");
  const place = [placeNames(media), coordinatesInWords(media)].filter((part) => part);
  const known: (Fact | undefined)[] = [
    { name: w(takenNames[media.takenSource]), value: takenInWords(media) },
    fact(w("camera"), media.camera),
    fact(w("lens"), media.lens),
    fact(w("exposure"), exposureInWords(media)),
    {
      name: w("dimensions"),
      value: megapixels >= 0.95 ? `${size} · ${w("megapixels", { value: number(megapixels, 0) })}` : size,
    },
    {
      name: w("file"),
      value: file,
      ...(media.filename === undefined ? {} : { detail: media.filename }),
    },
    place.length === 0 ? undefined : { name: w("place"), value: place.join(" · "), detail: w("placeHint") },
    media.own ? undefined : fact(w("addedBy"), media.ownerName),
  ];
  return known.filter((fact) => fact !== undefined);
}

const fact = (name: string, value: string | null | undefined): Fact | undefined =>
  value === null || value === undefined || value === "" ? undefined : { name, value };

type Named = Pick<MediaDetails, "title" | "alt" | "takenAt"> & {
  filename?: string | null | undefined;
};

/** Its title; for its owner, who knows the file by its name, that name; else the day. */
export function headingOf(media: Named): string {
  if (media.title !== "") return media.title;
  return media.filename ?? w("titleTaken", { date: dayTaken(media) });
}

/** What a screen reader says in place of the picture. */
export function altOf(media: Named): string {
  if (media.alt !== "") return media.alt;
  return media.title === "" ? w("titleTaken", { date: dayTaken(media) }) : media.title;
}
