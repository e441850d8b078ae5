/** A process of Tintype (web, worker, store): started, watched, restarted when it dies, drained when told to. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { z } from "zod";
import { type LogFile, openLogFile } from "./log-file.ts";
import { Refusal } from "./refusal.ts";

const drainMs = 10_000;
/** A process that lived so long was well: its death starts a new count. */
const wellMs = 60_000;
const deathsMax = 3;
const project = path.join(import.meta.dirname, "..", "..");
const tether = path.join(import.meta.dirname, "tether.ts");

export type PartOptions = {
  name: string;
  /** The file it runs. */
  program: string;
  environment: NodeJS.ProcessEnv;
  logs: string;
  /** Warnings and errors from its log, in a sentence. */
  onTrouble: (sentence: string) => void;
  /** It died too often in a row; called once. */
  onLost: (sentence: string) => void;
};

export type Part = {
  name: string;
  /** Settles when the process says it is ready; rejects with a Refusal, its own last sentence, when it ends before. */
  ready: Promise<void>;
  pid(): number | undefined;
  /** Lets it finish what it has begun, for ten seconds. */
  stop(): Promise<void>;
  kill(): void;
};

export function startPart(options: PartOptions): Part {
  const log = openLogFile(path.join(options.logs, `${options.name}.log`));
  const life: Life = {
    stopping: false,
    child: undefined,
    exited: Promise.resolve(),
    deaths: 0,
    timer: undefined,
  };
  const ready = bear(options, log, life, true);
  return {
    name: options.name,
    ready,
    pid: () => life.child?.pid,
    async stop() {
      life.stopping = true;
      clearTimeout(life.timer);
      life.child?.kill("SIGTERM");
      const late = setTimeout(() => life.child?.kill("SIGKILL"), drainMs);
      await life.exited;
      clearTimeout(late);
      log.close();
    },
    kill() {
      life.stopping = true;
      clearTimeout(life.timer);
      life.child?.kill("SIGKILL");
    },
  };
}

type Life = {
  stopping: boolean;
  child: ChildProcess | undefined;
  exited: Promise<void>;
  deaths: number;
  timer: NodeJS.Timeout | undefined;
};

/** One run of the process. Settles when it is ready; its end afterwards leads to the next run. */
function bear(options: PartOptions, log: LogFile, life: Life, first: boolean): Promise<void> {
  const born = Date.now();
  const child = spawn(process.execPath, ["--import", tether, options.program], {
    cwd: project,
    env: options.environment,
    // Its own session: Ctrl-C in the terminal reaches the supervisor only, which stops the parts in their order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  life.child = child;
  const plain: string[] = [];
  const listen = (line: string): void => {
    log.write(line);
    const sentence = troubleIn(line);
    if (sentence === undefined) plain.push(line);
    else if (sentence !== "") options.onTrouble(`${options.name}: ${sentence}`);
    if (plain.length > 20) plain.shift();
  };
  readLines(child.stdout, listen);
  readLines(child.stderr, listen);
  return new Promise((resolve, reject) => {
    let ready = false;
    child.on("message", (message) => {
      if (message === "ready") {
        ready = true;
        resolve();
      }
    });
    life.exited = new Promise((exited) => {
      // "close" and not "exit": the last sentence may still be in the pipe.
      child.once("close", (code, signal) => {
        exited();
        if (!ready && first) {
          reject(
            new Refusal(
              lastSentence(plain) ?? `The ${options.name} process ended at once (${code ?? signal}).`,
            ),
          );
          return;
        }
        resolve();
        if (!life.stopping) again(options, log, life, Date.now() - born, code ?? signal);
      });
      child.once("error", (cause) => {
        exited();
        reject(new Refusal(`The ${options.name} process could not be started: ${cause.message}.`, { cause }));
      });
    });
  });
}

function again(
  options: PartOptions,
  log: LogFile,
  life: Life,
  lived: number,
  how: number | string | null,
): void {
  life.deaths = lived > wellMs ? 1 : life.deaths + 1;
  if (life.deaths >= deathsMax) {
    options.onLost(
      `The ${options.name} process ended ${deathsMax} times in a row. The reason is at the end of ${path.join(options.logs, `${options.name}.log`)}.`,
    );
    return;
  }
  options.onTrouble(`The ${options.name} process ended (${how}) and is started again.`);
  life.timer = setTimeout(
    () => {
      bear(options, log, life, false).catch((error: unknown) =>
        options.onLost(error instanceof Error ? error.message : String(error)),
      );
    },
    500 * 2 ** life.deaths,
  );
}

const entry = z.object({
  level: z.string(),
  msg: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/** A sentence for the terminal, "" for a log line that needs none, undefined for a line that is not of the log. */
export function troubleIn(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  let parsed: z.infer<typeof entry> | undefined;
  try {
    parsed = entry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
  if (parsed === undefined) return undefined;
  if (!["warn", "error", "fatal"].includes(parsed.level)) return "";
  return (
    [parsed.msg, parsed.err?.message].filter((text) => text !== undefined && text !== "").join(": ") ||
    parsed.level
  );
}

/** What a program says last before it gives up: not its stack. */
const lastSentence = (lines: string[]): string | undefined =>
  lines.findLast((line) => /^[A-Z].*\S$/.test(line) && !/^Node\.js v/.test(line))?.trim();

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = "";
  stream?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line);
  });
  stream?.on("end", () => {
    if (rest.trim() !== "") onLine(rest);
  });
}
