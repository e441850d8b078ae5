import pLimit from "p-limit";
import { type Apart, runApart, type Source } from "../apart.ts";
import type { Decoded } from "../heic/decode.ts";
import { ladder } from "../ladder.ts";
import { avifPoster } from "./avif-poster.ts";
import type { Video } from "./read.ts";

/** Pixels before they are turned. */
export type Poster = Decoded;

const seconds = 60;
const cpuSeconds = 30;
const memoryBytesMax = 1_200 * 1024 * 1024;
const one = pLimit(1);
/** Of one picture, as it is coded. */
const avifBytesMax = 32 * 1024 * 1024;
/** Past the black that many videos begin with. */
const afterSeconds = 1;

/**
 * One picture of a video, large enough for its largest rendition. `undefined` when the decoder here does not know the
 * coding or gives up: the video is shown by a plain field then.
 */
export const posterOf = (
  source: Source,
  video: Video,
  signal?: AbortSignal,
  decodeAvif: DecodeAvif = avifPoster,
): Promise<Poster | undefined> => one(() => decodePoster(source, video, signal, decodeAvif));

/** Of an AV1 video the picture comes as an AVIF, which others decode. */
type DecodeAvif = (
  avif: Buffer,
  size: { width: number; height: number },
  signal?: AbortSignal,
) => Promise<Poster | undefined>;

async function decodePoster(
  source: Source,
  { width, height, turn, duration, codecs }: Video,
  signal: AbortSignal | undefined,
  decodeAvif: DecodeAvif,
): Promise<Poster | undefined> {
  signal?.throwIfAborted();
  const [step] = ladder(width, height).steps;
  if (step === undefined) return undefined;
  const stored = turn % 180 === 0 ? step : { width: step.height, height: step.width };
  const at = Math.min(afterSeconds, duration / 10_000);
  const bytes = stored.width * stored.height * 3;
  const isAv1 = codecs.startsWith("av01");
  const attempt = (): Promise<Apart> =>
    runApart(
      {
        file: "video/poster-child.ts",
        arguments: [seconds, source.bytes, stored.width, stored.height, at].map(String),
        packages: ["mediabunny", "@ffmpeg/core"],
      },
      { seconds, cpuSeconds, memoryBytesMax, outputBytesMax: isAv1 ? avifBytesMax : bytes },
      source,
      signal,
    );
  const first = await attempt();
  signal?.throwIfAborted();
  // Nothing that the video did: a plain field instead of its picture would stay for years.
  const { end, output } = first.end === "stalled" ? await attempt() : first;
  signal?.throwIfAborted();
  if (end === "done" && isAv1) return decodeAvif(output, stored, signal);
  if (end !== "done" || output.length !== bytes) return undefined;
  return { data: output, ...stored, channels: 3 };
}
