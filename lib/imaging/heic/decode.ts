/**
 * The pixels of a HEIC picture. sharp's libvips comes without an HEVC decoder; libheif compiled to WebAssembly has one.
 * It runs apart from the worker: a picture that makes it loop or swell ends that process and nothing else.
 */
import pLimit from "p-limit";
import { z } from "zod";
import { runApart } from "../apart.ts";
import { type Clock, cpuSecondsMax } from "../clock.ts";
import type { Heic } from "../formats/heic.ts";
import { Rejection } from "../rejection.ts";
import { corrupt } from "../structure.ts";
import type { Failure } from "./libheif.ts";

export type Decoded = { data: Buffer; width: number; height: number; channels: 3 | 4 };

/** Each takes hundreds of megabytes: they wait for each other however many pictures are under way. */
const one = pLimit(1);
const wasmMegabytesMax = 1024;
/** The decoder's memory, and once more the pixels on their way out. */
const memoryBytesMax = 1_600 * 1024 * 1024;
const headBytes = 12;

const failureShape = z.object({ message: z.string(), memory: z.boolean() });

function failureOf(said: string): Failure | undefined {
  try {
    return failureShape.parse(JSON.parse(said));
  } catch {
    // It ended in another way than by its own word.
    return undefined;
  }
}

/**
 * Decodes the primary picture, cropped and turned as its boxes say, 8 bits a channel in the colours it has.
 * Throws Rejection corrupt, took_too_long or too_many_pixels; an abort of `signal` comes out as its reason.
 */
export const decodeHeic = (
  original: Buffer,
  header: Heic,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Decoded> => one(() => decodeAlone(original, header, clock, signal));

async function decodeAlone(
  original: Buffer,
  header: Heic,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Decoded> {
  signal?.throwIfAborted();
  const { seconds } = clock.left();
  const { end, output, said, cpuSeconds } = await runApart(
    {
      file: "heic/decode-child.ts",
      arguments: [String(seconds), String(wasmMegabytesMax)],
      packages: ["libheif-js"],
    },
    {
      seconds,
      cpuSeconds: cpuSecondsMax,
      memoryBytesMax,
      outputBytesMax: header.width * header.height * 4 + headBytes,
    },
    original,
    signal,
  );
  clock.spend(cpuSeconds);
  signal?.throwIfAborted();
  if (end === "late" || end === "stalled")
    throw new Rejection("took_too_long", "a HEIC picture took too long");
  if (end === "memory") throw new Rejection("too_many_pixels", "a HEIC picture took more memory than it may");
  if (end !== "done") {
    const failure = failureOf(said);
    if (failure?.memory === true) throw new Rejection("too_many_pixels", failure.message);
    // A process that the system ended, or that could not load its decoder, says nothing about the picture.
    if (end === "failed" && failure === undefined && !/Aborted|RuntimeError/.test(said))
      throw new Error(`The HEIC decoder ended: ${said || "without a word"}`);
    throw corrupt(failure?.message ?? "the HEIC decoder gave up");
  }
  return unpack(output);
}

function unpack(output: Buffer): Decoded {
  if (output.length < headBytes) throw new Error("The HEIC decoder said nothing.");
  const [width, height, channels] = [output.readUInt32BE(0), output.readUInt32BE(4), output.readUInt32BE(8)];
  const data = output.subarray(headBytes);
  if ((channels !== 3 && channels !== 4) || data.length !== width * height * channels)
    throw new Error(`The HEIC decoder gave ${data.length} bytes for ${width} × ${height} × ${channels}.`);
  return { data, width, height, channels };
}
