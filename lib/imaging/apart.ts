/**
 * Work on hostile bytes in a process of its own, with limits: of time, of memory, of what it may say. It gets nothing of
 * the worker's: no environment, no file but its own programs, no descriptor but its pipes.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable, type Writable } from "node:stream";
import { z } from "zod";

const project = path.join(import.meta.dirname, "..", "..");

export type ApartLimits = {
  /** On the clock, waiting for the store included. */
  seconds: number;
  /** Of processor time, where /proc tells of it. */
  cpuSeconds: number;
  /** Resident memory in bytes, looked at several times a second where /proc tells of it. */
  memoryBytesMax: number;
  outputBytesMax: number;
};

export type Apart = {
  /** Late by processor time, or by the clock where nobody tells of that; stalled by the clock alone. */
  end: "done" | "failed" | "late" | "stalled" | "memory" | "too_much" | "cancelled";
  output: Buffer;
  /** What it said on standard error, shortened. */
  said: string;
  /** Processor time it took, as far as it is known. */
  cpuSeconds: number;
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const watchEveryMs = 100;
const saidMax = 2_000;
/** Bytes of a page and clock ticks a second, as every Linux that Node runs on has them for processes' accounts. */
const ticksPerSecond = 100;

/** Resident bytes and processor seconds; undefined where there is no /proc or no such process any more. */
export async function account(pid: number): Promise<{ bytes: number; cpuSeconds: number } | undefined> {
  const [stat, status] = await Promise.all(
    ["stat", "status"].map((name) => readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "")),
  );
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(status ?? "")?.[1];
  // The name in the second field may hold spaces; the rest counts from its closing parenthesis.
  const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
  if (resident === undefined || fields.length < 13) return undefined;
  return {
    bytes: Number(resident) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

export type Program = {
  /** Of lib/imaging, such as "heic/decode-child.ts". */
  file: string;
  arguments: string[];
  /** Folders of node_modules it loads. */
  packages: string[];
};

function start(program: Program): Child {
  const readable = [
    path.join(project, "package.json"),
    path.join(project, "lib", "imaging"),
    ...program.packages.map((name) => path.join(project, "node_modules", name)),
  ];
  return spawn(
    process.execPath,
    [
      "--permission",
      ...readable.map((place) => `--allow-fs-read=${place}`),
      "--allow-worker",
      "--disable-warning=SecurityWarning",
      "--disable-warning=ExperimentalWarning",
      "--max-old-space-size=256",
      path.join(import.meta.dirname, program.file),
      ...program.arguments,
    ],
    {
      cwd: path.parse(project).root,
      env: { NODE_ENV: "production" },
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    },
  );
}

/** Bytes that are read where they lie, a range at a time; `end` is not included. */
export type Source = { bytes: number; read(start: number, end: number): Promise<Uint8Array> };

/** Asked for at once, and over the life of one program: hostile indices may send a reader round and round. */
const askedAtOnceMax = 8 * 1024 * 1024;
const askedMax = 2 * 1024 ** 3;
const asksMax = 50_000;

const askShape = z.tuple([z.int().min(0), z.int().min(1)]);

/** What a program says last on its fourth descriptor; see `leave` in within.ts. */
const lastWordShape = z.enum(["done", "failed"]);
type LastWord = z.infer<typeof lastWordShape>;

/**
 * The program asks on its fourth descriptor, a line a range, and reads the answers one after the other from its input.
 * Its last line is its last word.
 */
async function answer(
  child: Child,
  source: Source | undefined,
  leaves: (word: LastWord) => void,
): Promise<void> {
  const asks = child.stdio[3];
  if (!(asks instanceof Readable)) throw new Error("A program without a way to ask.");
  let asked = 0;
  let count = 0;
  for await (const line of createInterface({ input: asks })) {
    const word = lastWordShape.safeParse(line);
    if (word.success) return leaves(word.data);
    if (source === undefined) throw new AskedTooMuch();
    const [start, end] = askShape.parse(JSON.parse(line));
    asked += end - start;
    count += 1;
    if (
      end > source.bytes ||
      end <= start ||
      end - start > askedAtOnceMax ||
      asked > askedMax ||
      count > asksMax
    )
      throw new AskedTooMuch();
    child.stdin.write(await source.read(start, end));
  }
}

/** The program went on asking, or asked for what is not there. */
export class AskedTooMuch extends Error {}

const feed = (child: Child, input: Buffer | Source, leaves: (word: LastWord) => void): Promise<void> => {
  if (!(input instanceof Uint8Array)) return answer(child, input, leaves);
  child.stdin.end(input);
  return answer(child, undefined, leaves);
};

/**
 * Runs a program over its input: all of it at once, or as it asks. Resolves however the program ended; rejects only when
 * it could not be started, or with what the source threw.
 */
export async function runApart(
  program: Program,
  limits: ApartLimits,
  input: Buffer | Source,
  signal?: AbortSignal,
): Promise<Apart> {
  const child = start(program);
  const found: Apart = { end: "failed", output: Buffer.alloc(0), said: "", cpuSeconds: 0 };
  let stopped: Apart["end"] | undefined;
  const stop = (why: Apart["end"]): void => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  const pieces = collect(child, limits.outputBytesMax, () => stop("too_much"));
  child.stderr.on("data", (piece: Buffer) => {
    found.said = (found.said + piece.toString("utf8")).slice(-saidMax);
  });
  let isAccounted = false;
  const late = setTimeout(() => stop(isAccounted ? "stalled" : "late"), limits.seconds * 1000);
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    void account(child.pid).then((now) => {
      if (now === undefined) return;
      isAccounted = true;
      found.cpuSeconds = now.cpuSeconds;
      if (now.bytes > limits.memoryBytesMax) stop("memory");
      if (now.cpuSeconds > limits.cpuSeconds) stop("late");
    });
  }, watchEveryMs);
  const cancel = (): void => stop("cancelled");
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted === true) cancel();
  try {
    const closed = new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", () => resolve());
    });
    let said: LastWord | undefined;
    // Node may wait for its own threads for ever when it takes itself apart: nothing more is wanted of it.
    const leaves = (word: LastWord): void => {
      said = word;
      clearTimeout(late);
      child.kill("SIGKILL");
    };
    const feeding = feed(child, input, leaves).catch((fault: unknown) => {
      stop("failed");
      throw fault;
    });
    await Promise.all([closed, feeding]);
    found.end = stopped ?? said ?? "failed";
    found.output = Buffer.concat(pieces);
    return found;
  } finally {
    clearTimeout(late);
    clearInterval(watch);
    signal?.removeEventListener("abort", cancel);
  }
}

function collect(child: Child, bytesMax: number, full: () => void): Buffer[] {
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > bytesMax) full();
    else pieces.push(piece);
  });
  // One that gave up before it had read everything closes the pipe; its exit says why.
  child.stdin.on("error", () => undefined);
  return pieces;
}
