/** A process of Tintype (web, worker, store): started, watched, restarted when it dies, drained when told to. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { z } from "zod";
import { type LogFile, openLogFile } from "./log-file.ts";
import { Refusal } from "./refusal.ts";

const drainMs = 10_000;
/** A process that lived so long was well: the pause before its next run is short again. */
const wellMs = 60_000;
/** Deaths before the first good start that end everything: what never ran does not run later. */
const deathsMax = 3;
const pauseMaxMs = 30_000;
const usualPace = { goodMs: 10_000, pauseMs: 1_000 };
const project = path.join(import.meta.dirname, "..", "..");
const tether = path.join(import.meta.dirname, "tether.ts");

export type PartOptions = {
  name: string;
  /** The file it runs. */
  program: string;
  /** Options of Node itself. */
  flags?: readonly string[];
  environment: NodeJS.ProcessEnv;
  logs: string;
  /** Warnings and errors from its log, in a sentence. */
  onTrouble: (sentence: string) => void;
  /** It died too often before it ever ran well; called once. */
  onLost: (sentence: string) => void;
  /** How long it has to stay for a good start, and the first pause between two runs; tests are in a hurry. */
  pace?: { goodMs: number; pauseMs: number };
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
    good: false,
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
  /** It ran well once: whatever ends it from now on passes, and the rest of the site must not end with it. */
  good: boolean;
  /** In a row. */
  deaths: number;
  timer: NodeJS.Timeout | undefined;
};

/** One run of the process. Settles when it is ready; its end afterwards leads to the next run. */
async function bear(options: PartOptions, log: LogFile, life: Life, first: boolean): Promise<void> {
  const born = Date.now();
  const child = spawn(process.execPath, [...(options.flags ?? []), "--import", tether, options.program], {
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
    let well: NodeJS.Timeout | undefined;
    child.on("message", (message) => {
      if (message !== "ready") return;
      ready = true;
      if (life.deaths > 1) options.onTrouble(`The ${options.name} process runs again.`);
      well = setTimeout(() => {
        life.good = true;
      }, pace(options).goodMs);
      resolve();
    });
    life.exited = new Promise((exited) => {
      const end = (why: string, refusal: Refusal): void => {
        clearTimeout(well);
        exited();
        if (!ready && first) {
          reject(refusal);
          return;
        }
        resolve();
        if (!life.stopping) again(options, log, life, Date.now() - born, why);
      };
      // "close" and not "exit": the last sentence may still be in the pipe.
      child.once("close", (code, signal) => {
        const said = ready ? undefined : lastSentence(plain);
        const how = String(code ?? signal);
        end(
          said?.replace(/\.$/, "") ?? how,
          new Refusal(said ?? `The ${options.name} process ended at once (${how}).`),
        );
      });
      child.once("error", (cause) => {
        child.removeAllListeners("close");
        end(
          cause.message,
          new Refusal(`The ${options.name} process could not be started: ${cause.message}.`, { cause }),
        );
      });
    });
  });
}

const pace = (options: PartOptions): { goodMs: number; pauseMs: number } => options.pace ?? usualPace;

/** The next run, after a pause that grows with every death in a row. */
function again(options: PartOptions, log: LogFile, life: Life, lived: number, why: string): void {
  life.deaths = lived > wellMs ? 1 : life.deaths + 1;
  if (!life.good && life.deaths >= deathsMax) {
    options.onLost(
      `The ${options.name} process ended ${deathsMax} times in a row. The reason is at the end of ${path.join(options.logs, `${options.name}.log`)}.`,
    );
    return;
  }
  options.onTrouble(
    life.deaths < deathsMax
      ? `The ${options.name} process ended (${why}) and is started again.`
      : `The ${options.name} process does not stay (${why}) and is started again and again, with pauses of up to ${pauseMaxMs / 1000} s.`,
  );
  life.timer = setTimeout(
    () => {
      bear(options, log, life, false).catch((error: unknown) =>
        again(options, log, life, 0, error instanceof Error ? error.message : String(error)),
      );
    },
    Math.min(pace(options).pauseMs * 2 ** Math.min(life.deaths - 1, 10), pauseMaxMs),
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
