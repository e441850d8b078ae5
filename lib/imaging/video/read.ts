import { limits, type VideoType } from "#lib/media.ts";
import { type Apart, AskedTooMuch, runApart, type Source } from "../apart.ts";
import { isContentId } from "../apple.ts";
import type { Facts } from "../facts.ts";
import { DecoderLost } from "../lost.ts";
import { Rejection } from "../rejection.ts";
import { corrupt } from "../structure.ts";
import type { Patch } from "./patch.ts";
import { refusedShape, type Told, toldShape } from "./told.ts";

export type Video = {
  mime: VideoType;
  /** As shown, after turning. */
  width: number;
  height: number;
  turn: Told["turn"];
  /** Milliseconds. */
  duration: number;
  /** As a browser is asked whether it plays them. */
  codecs: string;
  facts: Facts;
  /** What to overwrite before anybody but the owner gets it; none when it tells nothing but pictures and sounds. */
  patches: Patch[];
};

const seconds = 120;
const cpuSeconds = 30;
const memoryBytesMax = 700 * 1024 * 1024;
const outputBytesMax = 32 * 1024 * 1024;
const earliest = Date.UTC(1970, 0, 2);

/** "2026-07-01T12:00:00+0900", as an iPhone writes it; the moment alone, as the container has it. */
function taken({ created, createdAt }: Told): Pick<Facts, "takenAt" | "takenOffset" | "moment"> {
  const [, wall, sign, hours, minutes] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:([+-])(\d\d):?(\d\d))?/.exec(created ?? "") ?? [];
  const plausible = (ms: number): boolean => ms >= earliest && ms <= Date.now() + 86_400_000;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
  const written = Date.parse(`${wall}Z`);
  if (wall !== undefined && plausible(written - offset * 60_000) && Math.abs(offset) <= 14 * 60)
    return { takenAt: new Date(written), takenOffset: sign === undefined ? undefined : offset };
  const unknown = { takenAt: undefined, takenOffset: undefined };
  return createdAt === undefined || !plausible(createdAt)
    ? unknown
    : { ...unknown, moment: new Date(createdAt) };
}

/** ISO 6709, such as "+37.5512+126.9882+062.300/". */
function place(written: string | undefined): Pick<Facts, "latitude" | "longitude" | "altitude"> {
  const found = /^([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?/.exec(written ?? "");
  if (found === null) return {};
  const [latitude, longitude] = [Number(found[1]), Number(found[2])];
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || (latitude === 0 && longitude === 0)) return {};
  const altitude = found[3] === undefined ? undefined : Number(found[3]);
  return { latitude, longitude, ...(altitude === undefined ? {} : { altitude }) };
}

function camera({ make = "", model = "" }: Told): string | undefined {
  const name = model.startsWith(make) ? model : `${make} ${model}`;
  const clean = name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").trim();
  return clean === "" ? undefined : clean.slice(0, limits.filenameMax);
}

/** JSON of a program that may have been taken over by what it read. */
function parse<T>(shape: { parse(value: unknown): T }, text: string): T | undefined {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    // It ended in another way than by its own word.
    return undefined;
  }
}

function toldBy({ end, output, said }: Apart): Told {
  if (end === "late") throw new Rejection("took_too_long", "reading the video took too long");
  // Its share of the processor was small: the machine, the store or a fault of Node's held it up.
  if (end === "stalled")
    throw new DecoderLost("The machine is too busy to read a video in time.", { byMachine: true });
  if (end === "memory" || end === "too_much")
    throw new Rejection("too_much_metadata", "an index past all measure");
  const told = end === "done" ? parse(toldShape, output.toString("utf8")) : undefined;
  if (told !== undefined) return told;
  const refused = parse(refusedShape, said);
  if (refused !== undefined) throw new Rejection(refused.code, refused.why);
  if (end === "done") throw corrupt("the video says what no video says");
  throw new Error(`The video could not be read: ${said || "without a word"}`);
}

/**
 * What a video says of itself, read in a process of its own. Throws Rejection corrupt, unsupported_type, took_too_long,
 * too_many_pixels or too_much_metadata, or DecoderLost; what the source throws comes out as it is.
 */
export async function readVideo(source: Source, mime: VideoType, signal?: AbortSignal): Promise<Video> {
  const program = {
    file: "video/facts-child.ts",
    arguments: [String(seconds), String(source.bytes), mime === "video/webm" ? "webm" : "mp4"],
    packages: ["mediabunny"],
  };
  const apart = await runApart(
    program,
    { seconds, cpuSeconds, memoryBytesMax, outputBytesMax },
    source,
    signal,
  ).catch((error: unknown) => {
    throw error instanceof AskedTooMuch ? corrupt("its index leads nowhere") : error;
  });
  signal?.throwIfAborted();
  const told = toldBy(apart);
  const { width, height, turn, duration, codecs, contentId, patches } = told;
  if (width < 1 || height < 1) throw corrupt(`pictures of ${width} × ${height}`);
  if (Math.max(width, height) > limits.videoSideMax)
    throw new Rejection("too_many_pixels", `${width} × ${height}`);
  if (duration > limits.videoDurationMax) throw corrupt(`a video of ${duration} ms`);
  if (patches.some(({ at, bytes }) => at + bytes > source.bytes)) throw corrupt("an index past the end");
  return {
    mime,
    width,
    height,
    turn,
    duration,
    codecs,
    patches,
    facts: {
      ...taken(told),
      ...place(told.place),
      camera: camera(told),
      contentId: isContentId(contentId) ? contentId : undefined,
    },
  };
}
