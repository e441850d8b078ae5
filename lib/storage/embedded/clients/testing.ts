/** Other people's programs against a store process: how they are run, and the folder of odd names they have to carry. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type StoreProcess, storeProcess } from "../testing.ts";

/** Large enough to go in parts once a client is told that five megabytes are much. */
const largeBytes = 11_000_003;

export type Outcome = { code: number; out: string; err: string; bytes: Buffer };

export type Bench = {
  store: StoreProcess;
  /** An empty home folder, also the working folder of the programs. */
  home: string;
  /** Runs a program of Debian's; `fails` expects an exit code other than 0. */
  run(
    program: string,
    args: string[],
    options?: { fails?: boolean; env?: Record<string, string>; input?: Buffer },
  ): Promise<Outcome>;
  close(): Promise<void>;
};

/** A running store and a place to work in. Nothing of this machine's own settings reaches the programs. */
export async function bench(bucket: string): Promise<Bench> {
  const store = await storeProcess(bucket);
  await store.start();
  const home = await mkdtemp(path.join(tmpdir(), "tintype-client-"));
  return {
    store,
    home,
    async run(program, args, options = {}) {
      const outcome = await runProgram(program, args, { home, ...options });
      const told = `${program} ${args.join(" ")}\n${outcome.out}${outcome.err}`;
      if (options.fails === true) assert.notEqual(outcome.code, 0, told);
      else assert.equal(outcome.code, 0, told);
      return outcome;
    },
    async close() {
      await store.remove();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function runProgram(
  program: string,
  args: string[],
  options: { home: string; env?: Record<string, string>; input?: Buffer },
): Promise<Outcome> {
  const env = { NODE_ENV: "test" as const, PATH: "/usr/bin:/bin", HOME: options.home, LANG: "C.UTF-8" };
  const child = spawn(program, args, {
    cwd: options.home,
    env: { ...env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (piece: Buffer) => out.push(piece));
  child.stderr.on("data", (piece: Buffer) => err.push(piece));
  // A program that has read enough closes its end.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new Error(`${program} cannot be run. npm test installs it on Debian.`, { cause })),
    );
    child.once("close", (status) => resolve(status ?? -1));
  });
  const bytes = Buffer.concat(out);
  return { code, bytes, out: bytes.toString(), err: Buffer.concat(err).toString() };
}

/** Names that something on the way could take for something else. */
export const oddNames = [
  "plain.txt",
  "empty",
  "제주 바다/사진 1+2.jpg",
  "제주 바다/백 % 20%20.jpg",
  "a & b/q'uote\"d #1?.txt",
  "deep/x=y;z,~!@$^()[]{}.txt",
  "Case",
  "case",
  "é/NFC",
  "e\u0301/NFD",
  "large.bin",
];

/** Makes a folder of them below `home`; answers the bytes by name. */
export async function oddFolder(home: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of oddNames) {
    const bytes =
      name === "empty" ? Buffer.alloc(0) : name === "large.bin" ? randomBytes(largeBytes) : Buffer.from(name);
    const file = path.join(home, "odd", name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
    files.set(name, bytes);
  }
  return files;
}

/** Fails unless a folder holds exactly these files. */
export async function holds(folder: string, files: Map<string, Buffer>): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  assert.deepEqual(found.sort(), [...files.keys()].sort());
  for (const [name, bytes] of files) assert.ok((await readFile(path.join(folder, name))).equals(bytes), name);
}
