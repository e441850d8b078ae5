/** What a camera wrote about a picture. Values no camera can mean become undefined; nothing here throws on them. */
import ExifReader from "exifreader";
import { limits } from "#lib/media.ts";
import { contentIdIn } from "./apple.ts";
import type { Identity } from "./identify.ts";

export type Facts = {
  /** What the camera's clock showed, written as if it were UTC. */
  takenAt: Date | undefined;
  /** Minutes that clock was ahead of UTC; undefined when the camera recorded none. */
  takenOffset: number | undefined;
  /** The moment alone, of a camera that does not tell what its clock showed: many write so into videos. */
  moment?: Date | undefined;
  camera?: string | undefined;
  lens?: string | undefined;
  /** f-number · seconds · ISO · millimetres. */
  aperture?: number | undefined;
  exposureTime?: number | undefined;
  iso?: number | undefined;
  focalLength?: number | undefined;
  /** Degrees north, degrees east, metres above the sea. */
  latitude?: number | undefined;
  longitude?: number | undefined;
  altitude?: number | undefined;
  /** Names of the place, from the narrowest to the widest, a comma between. */
  place?: string | undefined;
  title?: string | undefined;
  description?: string | undefined;
  /** What a telephone wrote into both halves of a picture that it stores as two files. */
  contentId?: string | undefined;
};

const exifTags = [
  "Make",
  "Model",
  "LensMake",
  "LensModel",
  "FNumber",
  "ExposureTime",
  "ISOSpeedRatings",
  "RecommendedExposureIndex",
  "FocalLength",
  "DateTimeOriginal",
  "DateTimeDigitized",
  "DateTime",
  "OffsetTimeOriginal",
  "OffsetTimeDigitized",
  "OffsetTime",
  "SubSecTimeOriginal",
  "SubSecTimeDigitized",
  "SubSecTime",
  "ImageDescription",
  "XPTitle",
  "GPSLatitude",
  "GPSLatitudeRef",
  "GPSLongitude",
  "GPSLongitudeRef",
  "GPSAltitude",
  "GPSAltitudeRef",
  "MakerNote",
];
const placeTags = ["Sub-location", "City", "Province/State", "Country/Primary Location Name"];
const iptcTags = ["Object Name", "Caption/Abstract", ...placeTags];

/** A tag's value as the file has it, and as exifreader words it. */
type Tag = { value: unknown; description: unknown };
type Tags = (name: string) => Tag;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function tagsOf(group: unknown): Tags {
  return (name) => {
    const tag = isRecord(group) && Object.hasOwn(group, name) ? group[name] : undefined;
    return isRecord(tag)
      ? { value: tag.value, description: tag.description }
      : { value: undefined, description: "" };
  };
}

/** Some cameras put their own name where the caption belongs. */
const noCaption =
  /^(olympus digital camera|samsung|sony dsc|digital camera|konica minolta digital camera|minolta digital camera|kodak digital still camera|default|untitled|dcim\\.*|screenshot|-+|\.+)$/i;

/** Printable text of at most `most` characters, or undefined when there is nothing to read in it. */
function text(value: unknown, most: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const clean = value
    .toWellFormed()
    .normalize("NFC")
    .replace(/[^\P{C}\n]|[\ufffd\u2066-\u2069\u202a-\u202e]/gu, "")
    .trim();
  return /[\p{L}\p{N}]/u.test(clean) ? Array.from(clean).slice(0, most).join("") : undefined;
}

/** ASCII tags come as a list of one text. */
const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);
const word = ({ value }: Tag): string | undefined => text(first(value), limits.filenameMax);

const caption = (value: unknown, most: number): string | undefined => {
  const found = text(value, most);
  return found === undefined || noCaption.test(found) ? undefined : found;
};

/** A number or a rational within bounds; 0/0 and its like are undefined. */
function number(value: unknown, least: number, most: number): number | undefined {
  let found: unknown = value;
  if (Array.isArray(value)) {
    const [over, under] = value;
    found = typeof over === "number" && typeof under === "number" ? over / under : over;
  }
  return typeof found === "number" && found >= least && found <= most ? found : undefined;
}

function camera(tags: Tags): string | undefined {
  const make = word(tags("Make"));
  const model = word(tags("Model"));
  if (make === undefined || model === undefined) return model ?? make;
  // "NIKON CORPORATION" made the "NIKON D70", "EASTMAN KODAK COMPANY" the "KODAK CX7530".
  const named = make
    .toLowerCase()
    .split(/\s+/)
    .includes(model.toLowerCase().split(/\s+/, 1)[0] ?? "");
  return named ? model : `${make} ${model}`;
}

/** 65535 is what the tag says when the true number does not fit. */
function iso(tags: Tags): number | undefined {
  const rating = number(first(tags("ISOSpeedRatings").value), 1, 65534);
  const value = rating ?? number(first(tags("RecommendedExposureIndex").value), 1, 100_000_000);
  return value === undefined ? undefined : Math.round(value);
}

/** Degrees from degrees, minutes, seconds; any part that is no number makes the whole undefined. */
function degrees(tags: Tags, axis: "Latitude" | "Longitude", most: number): number | undefined {
  const { value } = tags(`GPS${axis}`);
  const ref = word(tags(`GPS${axis}Ref`))?.toUpperCase();
  const sign = { N: 1, E: 1, S: -1, W: -1 }[ref ?? ""];
  if (!Array.isArray(value) || value.length !== 3 || sign === undefined) return undefined;
  const [d, m, s] = value.map((part) => number(part, 0, most * 3600));
  if (d === undefined || m === undefined) return undefined;
  const sum = d + m / 60 + (s ?? 0) / 3600;
  return sum <= most ? sign * sum : undefined;
}

const contentId = ({ value }: Tag): string | undefined =>
  Array.isArray(value) ? contentIdIn(Uint8Array.from(value, Number)) : undefined;

/** A receiver without a fix writes 0, 0: a spot in the Atlantic, not a place. */
function place(tags: Tags): Pick<Facts, "latitude" | "longitude" | "altitude"> {
  const latitude = degrees(tags, "Latitude", 90);
  const longitude = degrees(tags, "Longitude", 180);
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return {};
  const height = number(tags("GPSAltitude").value, 0, 100_000);
  const below = number(first(tags("GPSAltitudeRef").value), 0, 3) === 1;
  return { latitude, longitude, altitude: height === undefined ? undefined : below ? -height : height };
}

/** What somebody called the place in a program of theirs. */
function placeNames(tags: Tags): string | undefined {
  const parts = placeTags
    .map((name) =>
      text(tags(name).description, limits.tagMax)
        ?.replaceAll(/[\s,"“”„]+/gu, " ")
        .trim(),
    )
    .filter((part) => part !== undefined && part !== "");
  const place = [...new Set(parts)].join(", ");
  return place === "" ? undefined : place;
}

/** Before the first photograph, or past tomorrow: the clock was wrong. */
const earliest = Date.UTC(1826, 0, 1);
const dayMs = 86_400_000;
const offsetMax = 14 * 60;

/** Wall time as ms since 1970, as if the clock showed UTC. */
function wallTime(written: string | undefined): number | undefined {
  const parts = written?.match(/^(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  if (year < 1800 || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === day ? time.getTime() : undefined;
}

function offsetMinutes(written: string | undefined): number | undefined {
  if (written === "Z") return 0;
  const parts = written?.match(/^([+-])(\d\d):?(\d\d)$/);
  if (!parts) return undefined;
  const minutes = Number(parts[2]) * 60 + Number(parts[3]);
  if (minutes > offsetMax || Number(parts[3]) > 59) return undefined;
  return parts[1] === "-" && minutes > 0 ? -minutes : minutes;
}

function taken(tags: Tags): Pick<Facts, "takenAt" | "takenOffset"> {
  for (const [when, suffix] of [
    ["DateTimeOriginal", "Original"],
    ["DateTimeDigitized", "Digitized"],
    ["DateTime", ""],
  ] as const) {
    const wall = wallTime(word(tags(when)));
    if (wall === undefined) continue;
    const takenOffset = offsetMinutes(word(tags(`OffsetTime${suffix}`)));
    const fraction = Number(`0.${word(tags(`SubSecTime${suffix}`))?.match(/^\d+/)?.[0] ?? 0}`);
    const time = wall + Math.floor(fraction * 1000);
    if (time >= earliest && time - (takenOffset ?? 0) * 60_000 <= Date.now() + dayMs)
      return { takenAt: new Date(time), takenOffset };
  }
  return { takenAt: undefined, takenOffset: undefined };
}

/** The tags asked for; none at all when there are none or when they cannot be read: a picture is worth keeping without. */
function load(original: Buffer): { exif: Tags; iptc: Tags } {
  try {
    const found = ExifReader.load(original, {
      expanded: true,
      includeTags: { exif: exifTags, iptc: iptcTags },
    });
    return { exif: tagsOf(found.exif), iptc: tagsOf(found.iptc) };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    return { exif: tagsOf(undefined), iptc: tagsOf(undefined) };
  }
}

/**
 * Reads EXIF and IPTC; XMP is not parsed, as XML from strangers is more than these facts are worth (A-32).
 * Never throws over what the metadata says. Expects an original that `identify` let pass.
 */
export async function readFacts(original: Buffer, identity: Identity): Promise<Facts> {
  const none: Facts = { takenAt: undefined, takenOffset: undefined };
  if (identity.mime === "image/gif") return none;
  const { exif, iptc } = load(original);
  const lens = word(exif("LensModel"));
  return {
    ...taken(exif),
    camera: camera(exif),
    lens,
    aperture: number(exif("FNumber").value, 0.1, 1000),
    exposureTime: number(exif("ExposureTime").value, 1e-9, 1e6),
    iso: iso(exif),
    focalLength: number(exif("FocalLength").value, 0.01, 100_000),
    ...place(exif),
    place: placeNames(iptc),
    title:
      caption(iptc("Object Name").description, limits.titleMax) ??
      caption(exif("XPTitle").description, limits.titleMax),
    description:
      caption(iptc("Caption/Abstract").description, limits.descriptionMax) ??
      caption(exif("ImageDescription").description, limits.descriptionMax),
    contentId: contentId(exif("MakerNote")),
  };
}
