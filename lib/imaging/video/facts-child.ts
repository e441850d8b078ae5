/** A process of its own that reads what a video says of itself. It decodes nothing; see remote.ts for how it reads. */
import { ALL_FORMATS, CustomSource, Input, type InputVideoTrack, type MetadataTags } from "mediabunny";
import { Rejection } from "../rejection.ts";
import { leave, startLimits } from "../within.ts";
import { readMp4 } from "./mp4.ts";
import type { Patch } from "./patch.ts";
import { openRemote } from "./remote.ts";
import type { Told } from "./told.ts";
import { readWebm } from "./webm.ts";

const [seconds = "60", bytes = "0", kind = "mp4"] = process.argv.slice(2);
startLimits(Number(seconds), 64);
const remote = openRemote(Number(bytes));

const plain = (value: unknown): string | undefined => {
  // A text of QuickTime's user data: two bytes of length, two of language.
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8", 4).replace(/\0+$/, "");
  return typeof value === "string" ? value : undefined;
};

function written(tags: MetadataTags): Partial<Told> {
  const raw = (...names: string[]) =>
    names.map((name) => plain(tags.raw?.[name])).find((text) => text !== undefined);
  const apple = "com.apple.quicktime.";
  return {
    created: raw(`${apple}creationdate`),
    place: raw(`${apple}location.ISO6709`, "\xa9xyz", "©xyz"),
    make: raw(`${apple}make`, "\xa9mak", "com.android.manufacturer"),
    model: raw(`${apple}model`, "\xa9mod", "com.android.model"),
    contentId: raw(`${apple}content.identifier`),
  };
}

async function pictureOf(track: InputVideoTrack): Promise<Pick<Told, "width" | "height" | "turn" | "video">> {
  const video = await track.getCodec();
  if (video === null) throw new Rejection("unsupported_type", "a video in a coding no browser plays");
  return {
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    turn: await track.getRotation(),
    video,
  };
}

async function tell(): Promise<Told> {
  const judged: { patches: Patch[]; createdAt?: number | undefined } =
    kind === "webm" ? await readWebm(remote) : await readMp4(remote);
  const source = new CustomSource({
    getSize: () => remote.bytes,
    read: async (start, end) => new Uint8Array(await remote.read(start, end)),
  });
  const input = new Input({ source, formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Rejection("unsupported_type", "sounds without pictures");
  const picture = await pictureOf(track);
  const sound = await input.getPrimaryAudioTrack();
  const codings = [await track.getCodecParameterString(), await sound?.getCodecParameterString()];
  const seconds = await input.computeDuration();
  const tags = await input.getMetadataTags();
  return {
    ...picture,
    ...written(tags),
    duration: Math.round(seconds * 1000),
    codecs: codings.filter((coding) => typeof coding === "string").join(", "),
    createdAt: judged.createdAt ?? tags.date?.getTime(),
    patches: judged.patches,
  };
}

const say = (stream: NodeJS.WriteStream, value: unknown): Promise<void> =>
  new Promise((resolve) => {
    stream.write(JSON.stringify(value), () => resolve());
  });

try {
  await say(process.stdout, await tell());
  leave("done");
} catch (error) {
  // What the reader stumbles over is damage in the file: nothing else is read here.
  const code = error instanceof Rejection ? error.code : "corrupt";
  const why = error instanceof Error ? error.message : String(error);
  await say(process.stderr, { code, why: why.slice(0, 500) });
  leave("failed");
}
