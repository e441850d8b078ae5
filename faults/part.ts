/** One process under test, started as the supervisor of `npm start` starts it, and treated as no supervisor would. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import v8Flags from "../bin/v8-flags.json" with { type: "json" };
import type { Trouble } from "./trouble.ts";

export const project = path.join(import.meta.dirname, "..");
const programs = {
  web: "app/_server/main.ts",
  worker: "lib/worker/main.ts",
  store: "lib/storage/embedded/main.ts",
} as const;
export type Kind = keyof typeof programs;

const linesKept = 400;

export class Part {
  readonly name: string;
  readonly kind: Kind;
  #environment: NodeJS.ProcessEnv;
  #troubleFile: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #lines: string[] = [];

  constructor(name: string, kind: Kind, environment: NodeJS.ProcessEnv, folder: string) {
    this.name = name;
    this.kind = kind;
    this.#environment = environment;
    this.#troubleFile = path.join(folder, `${name}.json`);
    this.trouble({});
  }

  get lastLines(): readonly string[] {
    return this.#lines;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get environment(): Readonly<NodeJS.ProcessEnv> {
    return this.#environment;
  }

  /** What it is started with from now on. */
  set(more: Record<string, string>): void {
    Object.assign(this.#environment, more);
  }

  /** Resolves when the process says it is ready, or has ended: what is broken may not be able to start. */
  async start(more: Record<string, string> = {}): Promise<void> {
    if (this.isRunning) return;
    const child = spawn(
      process.execPath,
      [
        ...(this.kind === "store" ? [] : v8Flags[this.kind]),
        ...["--import", path.join(project, "lib", "start", "tether.ts")],
        ...["--import", path.join(import.meta.dirname, "trouble.ts")],
        path.join(project, programs[this.kind]),
      ],
      {
        cwd: project,
        env: { ...this.#environment, FAULTS_TROUBLE: this.#troubleFile, ...more },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    this.#child = child;
    this.#note(`--- started as process ${child.pid}`);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n")) if (line !== "") this.#note(line);
      });
    this.#ended = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        this.#note(`--- ended with ${signal ?? code}`);
        resolve();
      }),
    );
    const ready = new Promise<void>((resolve) =>
      child.on("message", (message) => message === "ready" && resolve()),
    );
    await Promise.race([ready, this.#ended]);
  }

  #note(line: string): void {
    this.#lines.push(`${new Date().toISOString().slice(11, 23)} ${line.slice(0, 600)}`);
    if (this.#lines.length > linesKept) this.#lines.shift();
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child?.kill("SIGCONT");
    this.#child?.kill("SIGTERM");
    const late = setTimeout(() => this.#child?.kill("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(late);
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Its clock and its disk from now on. */
  trouble(change: Partial<Trouble>): void {
    writeFileSync(this.#troubleFile, JSON.stringify({ clockMs: 0, disk: "", ...change }));
  }

  get troubleNow(): Trouble {
    return JSON.parse(readFileSync(this.#troubleFile, "utf8"));
  }
}
