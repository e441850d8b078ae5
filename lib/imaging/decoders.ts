/**
 * The decoders of a worker: processes of their own with bounded memory and time, which live on from picture to picture. One
 * that is ended, by its bounds or by what it reads, is replaced; its worker and the pictures beside it go on (R-40).
 *
 * A process that has started none decodes by itself, once it is locked down.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import type { z } from "zod";
import type { MediaType } from "#lib/media.ts";
import { account, type Source } from "./apart.ts";
import { answerShape, derivationShape, identityShape, posterShape, type Question } from "./decoder-shapes.ts";
import * as here from "./derive.ts";
import { type Identity, identify as identifyHere } from "./identify.ts";
import { DecoderLost, DecoderMissing } from "./lost.ts";
import { Rejection } from "./rejection.ts";
import { type Poster, posterOf as posterHere } from "./video/poster.ts";
import type { Video } from "./video/read.ts";
import { type Message, messages, packed } from "./wire.ts";

export type DecoderLimits = {
  /** Resident memory in bytes, looked at ten times a second where /proc tells of it. */
  memoryBytesMax: number;
  /** For one question: of processor time, and on the clock, after which a machine too busy is to blame. */
  cpuSecondsMax: number;
  wallSecondsMax: number;
  /** From its start until it may be asked, on the clock. */
  startSecondsMax: number;
};

/**
 * The costliest pictures that are taken need a gigabyte: 50 megapixels of AVIF, 100 of PNG in 16 bits, interlaced. Time is
 * bounded within as well; these bounds end what cannot be interrupted there.
 */
const usual: DecoderLimits = {
  memoryBytesMax: 1_400 * 1024 * 1024,
  cpuSecondsMax: 60,
  wallSecondsMax: 180,
  startSecondsMax: 60,
};
/** One that has grown larger is ended after its answer: what libvips was lent, it does not give back. */
const restingBytesMax = 400 * 1024 * 1024;
const watchEveryMs = 100;
const messageBytesMax = 1024 * 1024 * 1024;
const saidMax = 2_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Ended = "memory" | "late" | "busy" | "cancelled";

class Decoder {
  readonly #child: Child;
  readonly #limits: DecoderLimits;
  readonly #answers: AsyncGenerator<Message, void, undefined>;
  readonly #closed: Promise<{ how: string; killed: boolean }>;
  #said = "";
  alive = true;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
    this.#child = spawn(
      process.execPath,
      [
        "--max-old-space-size=256",
        "--max-semi-space-size=32",
        path.join(import.meta.dirname, "decoder-child.ts"),
        String(messageBytesMax),
      ],
      {
        cwd: path.parse(import.meta.dirname).root,
        env: {
          NODE_ENV: "production",
          MALLOC_ARENA_MAX: "1",
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        },
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    this.#child.stderr.on("data", (piece: Buffer) => {
      this.#said = (this.#said + piece.toString("utf8")).slice(-saidMax);
    });
    // Its end closes the pipe in the middle of a question; the missing answer says so.
    this.#child.stdin.on("error", () => undefined);
    this.#answers = messages(this.#child.stdout, messageBytesMax);
    this.#closed = new Promise((resolve) => {
      const end = (how: string, killed: boolean): void => {
        this.alive = false;
        resolve({ how, killed });
      };
      this.#child.once("error", (error) => end(error.message, false));
      // A crash of its own ends it with another signal, or with a code.
      this.#child.once("close", (code, signal) => end(String(signal ?? code), signal === "SIGKILL"));
    });
  }

  end(): void {
    this.alive = false;
    this.#child.kill("SIGKILL");
  }

  /** Rejects when the decoder cannot be locked down. */
  async ready(): Promise<void> {
    await this.#answer();
  }

  async #answer(): Promise<Message> {
    let cause: unknown;
    const next = await this.#answers.next().catch((error: unknown) => {
      cause = error;
      return { done: true as const, value: undefined };
    });
    if (next.done !== true) return next.value;
    this.end();
    const { how, killed } = await this.#closed;
    // What cannot be understood was said by a living one, which is killed here.
    throw new DecoderLost(`A decoder ended: ${how}${this.#said === "" ? "" : `, ${this.#said}`}`, {
      byMachine: killed && cause === undefined,
      cause,
    });
  }

  /** Throws Rejection, DecoderLost, or the reason of `signal`. */
  async ask(question: Question, given: readonly Uint8Array[], signal?: AbortSignal): Promise<Message> {
    let ended: Ended | undefined;
    const stop = (why: Ended): void => {
      ended ??= why;
      this.end();
    };
    const cancel = (): void => stop("cancelled");
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted === true) cancel();
    const unwatch = this.#watch(stop);
    try {
      for (const piece of packed(question, given)) this.#child.stdin.write(piece);
      return await this.#answer();
    } catch (error) {
      signal?.throwIfAborted();
      if (ended === "memory")
        throw new Rejection("too_many_pixels", "its decoder took more memory than it may");
      if (ended === "late") throw new Rejection("took_too_long", "its decoder did not come to an end");
      if (ended === "busy")
        throw new DecoderLost("The machine is too busy to read a picture in time.", { byMachine: true });
      throw error;
    } finally {
      unwatch();
      signal?.removeEventListener("abort", cancel);
    }
  }

  #watch(stop: (why: Ended) => void): () => void {
    const { memoryBytesMax, cpuSecondsMax, wallSecondsMax } = this.#limits;
    const began = performance.now();
    let before: number | undefined;
    const look = async (): Promise<void> => {
      const now = await account(this.#child.pid ?? 0);
      if (performance.now() - began > wallSecondsMax * 1000) stop("busy");
      if (now === undefined) return;
      before ??= now.cpuSeconds;
      if (now.bytes > memoryBytesMax) stop("memory");
      if (now.cpuSeconds - before > cpuSecondsMax) stop("late");
    };
    const watch = setInterval(() => void look(), watchEveryMs);
    return () => clearInterval(watch);
  }

  /** Whether it holds so much that the next is better begun with another. */
  async isBloated(): Promise<boolean> {
    const now = await account(this.#child.pid ?? 0);
    return now !== undefined && now.bytes > restingBytesMax;
  }
}

/** So many decoders, each with one question at a time; whoever finds all of them busy waits in line. */
class Decoders {
  readonly #idle: Decoder[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #limits: DecoderLimits;
  #free: number;

  constructor(count: number, limits: DecoderLimits) {
    this.#free = count;
    this.#limits = limits;
  }

  async #begin(): Promise<Decoder> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop())
      if (idle.alive) return idle;
    const fresh = new Decoder(this.#limits);
    const late = setTimeout(() => fresh.end(), this.#limits.startSecondsMax * 1000);
    try {
      await fresh.ready();
      return fresh;
    } catch (cause) {
      throw new DecoderMissing("No decoder could be started.", { cause });
    } finally {
      clearTimeout(late);
    }
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Begins one that the first picture finds ready. */
  warm(): Promise<void> {
    return this.#turn(async () => {
      this.#idle.push(await this.#begin());
    });
  }

  ask(question: Question, given: readonly Uint8Array[], signal?: AbortSignal): Promise<Message> {
    return this.#turn(async () => {
      signal?.throwIfAborted();
      const decoder = await this.#begin();
      const answer = await decoder.ask(question, given, signal);
      if (await decoder.isBloated()) decoder.end();
      else this.#idle.push(decoder);
      const head = answerShape.parse(answer.head);
      if ("rejected" in head) throw new Rejection(head.rejected, head.why);
      if ("fault" in head) throw new Error(head.fault);
      return { head: head.answer, parts: answer.parts };
    });
  }
}

let decoders: Decoders | undefined;

/** From here on this process decodes nothing itself. Rejects when a decoder cannot be locked down (R-41). */
export async function startDecoders(count: number, limits: Partial<DecoderLimits> = {}): Promise<void> {
  decoders = new Decoders(count, { ...usual, ...limits });
  await decoders.warm();
}

async function asked<T>(
  shape: z.ZodType<T>,
  question: Question,
  given: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<{ found: T; parts: Buffer[] }> {
  if (decoders === undefined) throw new Error("There are no decoders.");
  const { head, parts } = await decoders.ask(question, given, signal);
  return { found: shape.parse(head), parts };
}

/** A part that a decoder has announced. */
function part(parts: Buffer[], n: number): Buffer {
  const found = parts[n];
  if (found === undefined) throw new Error("A decoder said less than it announced.");
  return found;
}

/** See identify.ts. */
export async function identify(original: Buffer, declared: MediaType | ""): Promise<Identity> {
  if (decoders === undefined) return identifyHere(original, declared);
  return (await asked(identityShape, { ask: "identify", declared }, [original], undefined)).found;
}

async function askedDerivation(
  question: Question,
  given: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<here.Derivation> {
  const { found, parts } = await asked(derivationShape, question, given, signal);
  const { renditions, motion, color } = found;
  return {
    renditions: renditions.map((one, n) => ({ ...one, body: part(parts, n + 1) })),
    motion: motion && { ...motion, body: part(parts, renditions.length + 1) },
    thumbhash: part(parts, 0),
    color,
  };
}

/** See derive.ts. An abort ends the decoder. */
export async function derive(
  original: Buffer,
  identity: Identity,
  signal?: AbortSignal,
): Promise<here.Derivation> {
  if (decoders === undefined) return here.derive(original, identity, signal);
  return askedDerivation({ ask: "derive", identity }, [original], signal);
}

/** See derive.ts. */
export async function deriveStill(video: Video, poster: Poster | undefined): Promise<here.Derivation> {
  if (decoders === undefined) return here.deriveStill(video, poster);
  const { width, height, turn } = video;
  const { data, ...shape } = poster ?? { data: undefined };
  const question = { ask: "deriveStill", width, height, turn } as const;
  return data === undefined || !("width" in shape)
    ? askedDerivation(question, [], undefined)
    : askedDerivation({ ...question, poster: shape }, [data], undefined);
}

/** See derive.ts. */
export async function fullJpeg(original: Buffer, identity: Identity): Promise<Buffer> {
  if (decoders === undefined) return here.fullJpeg(original, identity);
  const { parts } = await asked(answerless, { ask: "fullJpeg", identity }, [original], undefined);
  return part(parts, 0);
}

const answerless = posterShape.partial();

/** See video/poster.ts. */
export function posterOf(source: Source, video: Video, signal?: AbortSignal): Promise<Poster | undefined> {
  if (decoders === undefined) return posterHere(source, video, signal);
  return posterHere(source, video, signal, async (avif, { width, height }) => {
    const shape = posterShape.optional();
    const { found, parts } = await asked(shape, { ask: "avifPoster", width, height }, [avif], signal);
    return found && { ...found, data: part(parts, 0) };
  });
}
