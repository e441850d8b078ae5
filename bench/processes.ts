/** Starting the product for a benchmark, and reading what a process has used from /proc (Linux). */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export const project = path.join(import.meta.dirname, "..");

/**
 * Seconds of CPU (user and system) of all threads that a process has now, and its peak resident megabytes. By the
 * scheduler's nanoseconds: in ticks of 1/100 s the work of forty uploads is five ticks, and a fifth of it guesswork.
 */
export function used(pid: number): { cpu: number; peakMb: number } {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    cpu: nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9,
    peakMb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024,
  };
}

/** The process below `root` whose command line contains `part`. */
export function childOf(root: number, part: string): number {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " "));
    } catch {
      // It ended between the two readings.
    }
  }
  const below = (pid: number): boolean =>
    pid === root || (parents.has(pid) && pid > 1 && below(parents.get(pid) ?? 0));
  for (const [pid, command] of commands) if (command.includes(part) && below(pid)) return pid;
  throw new Error(`no process of ${part}`);
}

export type Instance = {
  origin: string;
  data: string;
  pid: number;
  setupLink: string;
  stop(): Promise<void>;
};

/** A whole Tintype on a folder of its own. */
export async function startTintype(ports: { web: number; store: number }): Promise<Instance> {
  // Not mkdtemp: Postgres runs as a user of its own, which could not enter a folder of mode 0700.
  const data = path.join(tmpdir(), `tintype-bench-${randomUUID()}`);
  await mkdir(data, { recursive: true });
  const origin = `http://localhost:${ports.web}`;
  const child = spawn(process.execPath, [path.join(project, "bin", "tintype.mjs"), "start"], {
    cwd: project,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: String(ports.web),
      APP_URL: origin,
      TINTYPE_STORE_PORT: String(ports.store),
      TINTYPE_DATA: path.join(data, "data"),
      LOG_LEVEL: "warn",
    },
  });
  const setupLink = await said(child, /https?:\/\/\S+\/setup\?token=\S+/);
  return {
    origin,
    data: path.join(data, "data"),
    pid: child.pid ?? 0,
    setupLink,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Resolves with what a process says once it matches; rejects when it ends before. */
export function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready:\n${text}`)));
  });
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

/** A plain table for a terminal. */
export function table(rows: Record<string, string | number>[]): void {
  console.table(rows);
}
