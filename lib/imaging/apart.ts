/**
 * Work on hostile bytes in a process of its own, with limits: of time, of memory, of what it may say. It gets nothing of
 * the worker's: no environment, no file but its own programs, no descriptor but three pipes.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Readable, Writable } from "node:stream";

const project = path.join(import.meta.dirname, "..", "..");

export type ApartLimits = {
  seconds: number;
  /** Resident memory in bytes, looked at several times a second where /proc tells of it. */
  memoryBytesMax: number;
  outputBytesMax: number;
};

export type Apart = {
  end: "done" | "failed" | "late" | "memory" | "too_much" | "cancelled";
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
async function account(pid: number): Promise<{ bytes: number; cpuSeconds: number } | undefined> {
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
  /** Whether these are native. */
  native?: boolean;
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
      ...(program.native === true ? ["--allow-addons"] : []),
      "--disable-warning=SecurityWarning",
      "--disable-warning=ExperimentalWarning",
      "--max-old-space-size=256",
      path.join(import.meta.dirname, program.file),
      ...program.arguments,
    ],
    { cwd: path.parse(project).root, env: { NODE_ENV: "production" }, stdio: ["pipe", "pipe", "pipe"] },
  );
}

/**
 * Runs a program over its input. Resolves however it ended; rejects only when it could not be started. `feed` gives the
 * input and may go on answering; what it throws ends the program and comes out as it is.
 */
export async function runApart(
  program: Program,
  limits: ApartLimits,
  feed: (child: Child) => Promise<void> | void,
  signal?: AbortSignal,
): Promise<Apart> {
  const child = start(program);
  const found: Apart = { end: "failed", output: Buffer.alloc(0), said: "", cpuSeconds: 0 };
  let stopped: Apart["end"] | undefined;
  const stop = (why: Apart["end"]): void => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > limits.outputBytesMax) stop("too_much");
    else pieces.push(piece);
  });
  child.stderr.on("data", (piece: Buffer) => {
    found.said = (found.said + piece.toString("utf8")).slice(0, saidMax);
  });
  // One that gave up before it had read everything closes the pipe; its exit says why.
  child.stdin.on("error", () => undefined);
  const late = setTimeout(() => stop("late"), limits.seconds * 1000);
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    void account(child.pid).then((now) => {
      if (now === undefined) return;
      found.cpuSeconds = now.cpuSeconds;
      if (now.bytes > limits.memoryBytesMax) stop("memory");
    });
  }, watchEveryMs);
  const cancel = (): void => stop("cancelled");
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted === true) cancel();
  try {
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const feeding = Promise.resolve(feed(child)).catch((fault: unknown) => {
      stop("failed");
      throw fault;
    });
    const [code] = await Promise.all([closed, feeding]);
    found.end = stopped ?? (code === 0 ? "done" : "failed");
    found.output = Buffer.concat(pieces);
    return found;
  } finally {
    clearTimeout(late);
    clearInterval(watch);
    signal?.removeEventListener("abort", cancel);
  }
}
