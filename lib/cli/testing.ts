/** Runs the real `tintype` command as a person or a program would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { BucketSettings } from "#lib/env.ts";

export const command = path.join(import.meta.dirname, "..", "..", "bin", "tintype.mjs");

export type Told = { code: number | null; out: string; err: string };

export type RunOptions = {
  env?: Record<string, string | undefined>;
  /** Sent to its standard input, which is empty otherwise. */
  input?: Uint8Array | string;
  /** Sent without an end. */
  endless?: Uint8Array;
  /** Called once it runs, with what Ctrl-C does. */
  whileRunning?: (interrupt: () => void) => Promise<void>;
  /** The folder the person stands in. */
  cwd: string;
};

/** Nothing of the environment of the tests but what programs need to run at all. */
const bare = (cwd: string): Record<string, string | undefined> => ({
  NODE_ENV: "production",
  PATH: process.env.PATH,
  HOME: cwd,
  TZ: "UTC",
  TINTYPE_DATA: path.join(cwd, "data"),
  // No question to a cloud that this machine may happen to be in.
  AWS_EC2_METADATA_DISABLED: "true",
});

export const bucketEnvironment = ({
  bucket,
  region,
  endpoint,
  credentials,
}: BucketSettings): Record<string, string | undefined> => ({
  S3_BUCKET: bucket,
  S3_REGION: region,
  S3_ENDPOINT: endpoint,
  S3_ACCESS_KEY_ID: credentials?.accessKeyId,
  S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
});

const listen = (stream: NodeJS.ReadableStream): (() => Buffer) => {
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces);
};

async function run(program: string, args: string[], options: RunOptions): Promise<Told & { bytes: Buffer }> {
  const { NODE_ENV = "production", ...env } = { ...bare(options.cwd), ...options.env };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { NODE_ENV: NODE_ENV === "test" ? "test" : "production", ...env },
    stdio: "pipe",
  });
  const out = listen(child.stdout);
  const err = listen(child.stderr);
  child.stdin.on("error", () => {
    // It need not read what it is given.
  });
  if (options.endless === undefined) child.stdin.end(options.input ?? "");
  else child.stdin.write(options.endless);
  const closed = once(child, "close");
  await options.whileRunning?.(() => child.kill("SIGINT"));
  const [code] = await closed;
  return { code, out: out().toString(), err: err().toString(), bytes: out() };
}

/** `bytes` is standard output as it came. */
export const tintype = (args: string[], options: RunOptions): Promise<Told & { bytes: Buffer }> =>
  run(process.execPath, [command, ...args], options);

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same at a terminal, which has one output for both; `input` is typed. */
export const atTerminal = (args: string[], options: RunOptions): Promise<Told> =>
  run(
    "script",
    ["-qec", `stty cols 100; ${[process.execPath, command, ...args].map(quoted).join(" ")}`, "/dev/null"],
    options,
  );
