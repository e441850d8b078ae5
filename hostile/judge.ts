/** Holds what became of a file against what had to become of it, and looks at every byte that others may see. */
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import sharp from "sharp";
import { media, type Upload } from "#db/schema.ts";
import { metadataIn } from "#lib/imaging/fixtures.ts";
import { w } from "#lib/words/rejects.ts";
import { type Case, type Expected, type Shown, secret } from "./case.ts";
import type { Place } from "./place.ts";

type Media = typeof media.$inferSelect;

/** A position that the originals tell, in the bytes in which EXIF has it. */
const position = Buffer.from([0, 0, 0, 35, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 1]);

/** What a JPEG of more than a hundred scans is refused for at once. */
const hasManyScans = (bytes: Buffer): boolean => bytes.toString("latin1").split("\xff\xda").length > 100;

const expectedText = (expected: Expected): string =>
  typeof expected === "string" ? expected : `ready ${JSON.stringify(expected)}`;

/** Sentences of what is wrong; none when everything is as it should be. */
export async function judge(
  place: Place,
  one: Case,
  bytes: Buffer,
  row: Upload | undefined,
): Promise<string[]> {
  if (row === undefined) return ["its row is gone"];
  const { expected } = one;
  if (row.state !== "ready" && row.state !== "rejected")
    return [`is still ${row.state} after ${row.attempts} tries`];
  const [shown] = await place.db.select().from(media).where(eq(media.ownerId, row.ownerId));
  if (row.state === "rejected") {
    const code = row.rejectCode ?? "";
    const wrong = [
      ...(shown === undefined ? [] : ["was refused and is shown"]),
      ...(row.rejectCode === null || w(row.rejectCode) === "" ? ["was refused without a sentence"] : []),
      ...(expected === "settled" &&
      (code === "internal" || (code === "took_too_long" && !hasManyScans(bytes)))
        ? [`was given up: ${code}`]
        : []),
    ];
    return expected === "settled" || expected === code
      ? wrong
      : [...wrong, `expected ${expectedText(expected)}, was refused: ${code}`];
  }
  if (shown === undefined) return ["is ready and nothing is shown"];
  if (typeof expected === "string" && expected !== "settled")
    return [`expected ${expected}, is ready with ${shown.width} × ${shown.height}`];
  return [
    ...(typeof expected === "string" ? [] : wrongShape(shown, expected)),
    ...wrongFacts(shown),
    ...(await wrongOriginal(place, shown, bytes)),
    ...(await wrongRenditions(place, shown)),
  ];
}

function wrongShape(shown: Media, { width, height, frames, kind }: Shown): string[] {
  const wrong: string[] = [];
  if (shown.width !== width || shown.height !== height)
    wrong.push(`is ${shown.width} × ${shown.height} instead of ${width} × ${height}`);
  if (frames !== undefined && shown.frames !== frames)
    wrong.push(`has ${shown.frames} frames instead of ${frames}`);
  if (kind !== undefined && shown.kind !== kind) wrong.push(`is a ${shown.kind} instead of a ${kind}`);
  return wrong;
}

const oldest = Date.UTC(1826, 0, 1);

/** Nothing that no camera can mean. */
function wrongFacts(shown: Media): string[] {
  const wrong: string[] = [];
  const within = (name: string, value: number | null, most: number): void => {
    if (value !== null && !(Math.abs(value) <= most)) wrong.push(`${name} is ${value}`);
  };
  within("latitude", shown.latitude, 90);
  within("longitude", shown.longitude, 180);
  within("altitude", shown.altitude, 1e6);
  const taken = shown.takenAt?.getTime();
  if (taken !== undefined && !(taken >= oldest && taken <= Date.now() + 2 * 86_400_000))
    wrong.push(`was taken at ${shown.takenAt?.toISOString()}`);
  for (const [name, text] of Object.entries({
    camera: shown.camera,
    lens: shown.lens,
    title: shown.title,
    description: shown.description,
  }))
    if (
      typeof text === "string" &&
      /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(text.replaceAll("\n", ""))
    )
      wrong.push(`${name} has characters that are no text: ${JSON.stringify(text.slice(0, 80))}`);
  return wrong;
}

async function wrongOriginal(place: Place, shown: Media, bytes: Buffer): Promise<string[]> {
  const got = await place.storage.get(shown.key, { bytesMax: bytes.length }).catch(() => undefined);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (got === undefined) return ["its original is not there"];
  return shown.sha256 === digest && got.body.equals(bytes) ? [] : ["its original is another than was sent"];
}

async function wrongRenditions(place: Place, shown: Media): Promise<string[]> {
  const wrong: string[] = [];
  const wanted = [
    ...shown.avifWidths.map((width) => ({ width, name: `${width}.avif`, format: "heif" })),
    ...shown.jpegWidths.map((width) => ({ width, name: `${width}.jpg`, format: "jpeg" })),
  ];
  if (wanted.length === 0) wrong.push("has no renditions");
  for (const { width, name, format } of wanted) {
    const got = await place.storage
      .get(`${shown.renditionFolder}/${name}`, { bytesMax: 64 * 1024 * 1024 })
      .catch(() => undefined);
    if (got === undefined) {
      wrong.push(`${name} is not there`);
      continue;
    }
    wrong.push(...(await wrongPixels(got.body, { width, format, name, shown })));
  }
  if (shown.motion !== null) {
    const key = `${shown.renditionFolder}/motion.${shown.motion}`;
    const got = await place.storage.get(key, { bytesMax: 64 * 1024 * 1024 }).catch(() => undefined);
    if (got === undefined) wrong.push(`${key} is not there`);
    // Which bytes of a film in pieces no sample uses is not looked for (docs/kinds.md): words may have got among them.
    else if (got.body.includes(secret) && !got.body.includes("moof"))
      wrong.push("what moves of it tells the secret");
  }
  return wrong;
}

type Wanted = { width: number; format: string; name: string; shown: Media };

async function wrongPixels(body: Buffer, { width, format, name, shown }: Wanted): Promise<string[]> {
  const wrong: string[] = [];
  try {
    const { info } = await sharp(body, { failOn: "warning" }).raw().toBuffer({ resolveWithObject: true });
    const found = await sharp(body).metadata();
    if (info.width !== width || found.format !== format)
      wrong.push(`${name} is ${info.width} wide and ${found.format}`);
    const shape = (info.height / info.width) * (shown.width / shown.height);
    // Past 16,000 pixels a line of one pixel cannot shrink the other way.
    const isLine = Math.min(info.width, info.height) <= 2;
    if (
      !isLine &&
      Math.abs(info.height - (shown.height * width) / shown.width) > 1 &&
      Math.abs(shape - 1) > 0.02
    )
      wrong.push(`${name} has another shape: ${info.width} × ${info.height}`);
  } catch (error) {
    wrong.push(`${name} cannot be decoded: ${error instanceof Error ? error.message : error}`);
    return wrong;
  }
  const said = await metadataIn(body);
  if (said.length > 0) wrong.push(`${name} has ${said.join(", ")}`);
  if (body.includes(secret) || body.includes(position)) wrong.push(`${name} tells the secret`);
  return wrong;
}
