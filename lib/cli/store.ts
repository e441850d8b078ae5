/** `tintype store serve`: the built-in object store by itself, for any S3 client. */
import { access } from "node:fs/promises";
import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { variableNames } from "#lib/env.ts";
import { isOurName } from "#lib/env-names.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { fromHere } from "./place.ts";

type Options = { data?: string; port?: number; host?: string; region?: string };
type Keys = { accessKeyId: string; secretAccessKey: string };

/** One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. */
const sameKeyMs = 500;
const defaults = { data: ".tintype", port: 9100, host: "127.0.0.1", region: "ap-northeast-2" };

export function registerStore(program: Command): void {
  program
    .command("store")
    .description("the built-in object store")
    .command("serve")
    .description("serve the built-in store by itself, for any S3 client")
    .option("--data <folder>", `the data folder (TINTYPE_DATA, ${defaults.data})`)
    .option("--port <number>", `the port it listens on (TINTYPE_STORE_PORT, ${defaults.port})`, parsePort)
    .option("--host <address>", `the address it listens on (TINTYPE_STORE_HOST, ${defaults.host})`)
    .option("--region <name>", `the region that clients sign for (S3_REGION, ${defaults.region})`)
    .addHelpText(
      "after",
      `
The keys are S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY. Without them a pair is made at the first start, printed once
and kept in secrets.json in the data folder.

Examples:
  $ tintype store serve --data /srv/pictures --port 9100
  $ S3_ACCESS_KEY_ID=me S3_SECRET_ACCESS_KEY=a-long-secret tintype store serve --host 0.0.0.0`,
    )
    .action(serve);
}

function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65_535)
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return value;
}

/** An empty variable counts as not set. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

function portVariable(): number | undefined {
  const text = variable("TINTYPE_STORE_PORT");
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65_535)
    throw new Refusal("TINTYPE_STORE_PORT must be a whole number from 1 to 65535.");
  return value;
}

/** Those of the environment, or those of the data folder; `isNew` when they were made just now. */
async function keysOf(root: string): Promise<{ keys: Keys; from: string; isNew: boolean }> {
  const accessKeyId = variable("S3_ACCESS_KEY_ID");
  const secretAccessKey = variable("S3_SECRET_ACCESS_KEY");
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new Refusal("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set both or neither.");
  const { loadSecrets, openDataFolder } = await import("#lib/start/data-folder.ts");
  const folder = await openDataFolder(root);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { keys: { accessKeyId, secretAccessKey }, from: "S3_ACCESS_KEY_ID", isNew: false };
  }
  const file = path.join(root, "secrets.json");
  const isNew = await access(file).then(
    () => false,
    () => true,
  );
  return { keys: (await loadSecrets(folder)).store, from: file, isNew };
}

/**
 * The variables that the store's log reads; the others say how Tintype itself is run, which must neither be complete
 * nor right for the store alone.
 */
function forgetOtherSettings(): void {
  const level = variable("LOG_LEVEL");
  for (const name of Object.keys(process.env))
    if (variableNames.includes(name) || isOurName(name)) delete process.env[name];
  process.env.LOG_LEVEL = level ?? "warn";
}

async function serve(options: Options): Promise<void> {
  const root =
    options.data === undefined
      ? path.resolve(variable("TINTYPE_DATA") ?? defaults.data)
      : fromHere(options.data);
  const host = options.host ?? variable("TINTYPE_STORE_HOST") ?? defaults.host;
  const port = options.port ?? portVariable() ?? defaults.port;
  const region = options.region ?? variable("S3_REGION") ?? defaults.region;
  const publicEndpoint = variable("S3_PUBLIC_ENDPOINT");
  const refusePost = /^(true|1|yes|on)$/i.test(variable("TINTYPE_STORE_REFUSE_POST") ?? "");
  const { keys, from, isNew } = await keysOf(root);
  forgetOtherSettings();
  const { keepMemoryFlat } = await import("#lib/storage/embedded/memory.ts");
  keepMemoryFlat();
  const { startStore } = await import("#lib/storage/embedded/server.ts");
  const { sentenceFor } = await import("#lib/storage/embedded/sentences.ts");
  const folder = path.join(root, "store");
  const names = [publicEndpoint, `http://${host}`].flatMap((url) =>
    url !== undefined && URL.canParse(url) ? [new URL(url).hostname] : [],
  );
  const domains = [...new Set(["localhost", ...names.filter((name) => /[a-z]/i.test(name))])];
  const store = await startStore({
    folder,
    host,
    port,
    region,
    credentials: keys,
    domains,
    refusePost,
  }).catch((cause: unknown) => {
    const advice = { folder: "--data", host: "--host", port: "--port" };
    throw new Refusal(sentenceFor(cause, { folder, host, port }, advice), { cause });
  });
  process.stdout.write(welcome({ url: store.url, region, folder, keys, from, isNew, host }));
  await toldToStop();
  process.stdout.write("\n  Stopping …\n");
  await store.close();
  // The launcher's channel would keep this process alive.
  if (process.connected) process.disconnect();
}

function welcome(at: {
  url: string;
  region: string;
  folder: string;
  keys: Keys;
  from: string;
  isNew: boolean;
  host: string;
}): string {
  const secret = at.isNew ? at.keys.secretAccessKey : "…";
  const keyLines = at.isNew
    ? `  Access key   ${at.keys.accessKeyId}
  Secret key   ${at.keys.secretAccessKey}

  The keys were made just now and are shown this once; they are kept in ${at.from}.`
    : `  Access key   ${at.keys.accessKeyId}
  Secret key   ${at.from === "S3_ACCESS_KEY_ID" ? "that of S3_SECRET_ACCESS_KEY" : `in ${at.from}`}`;
  const open = ["127.0.0.1", "::1", "localhost"].includes(at.host)
    ? ""
    : `
  It listens on ${at.host}: whoever reaches this machine reaches it, unencrypted. Put a proxy with https in front.
`;
  return `
  The store serves ${at.folder}

  Endpoint     ${at.url}
  Region       ${at.region}
${keyLines}
${open}
  Point an S3 client at it (addresses in path style), for example:

    export AWS_ACCESS_KEY_ID=${at.keys.accessKeyId} AWS_SECRET_ACCESS_KEY=${secret} AWS_DEFAULT_REGION=${at.region}
    aws --endpoint-url ${at.url} s3 mb s3://pictures
    aws --endpoint-url ${at.url} s3 cp picture.jpg s3://pictures/

  Ctrl-C stops it.
`;
}

/** Settles at the first Ctrl-C, or when the launcher is gone; a second Ctrl-C ends the process at once. */
function toldToStop(): Promise<void> {
  let first = 0;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        if (first !== 0 && Date.now() - first > sameKeyMs) process.exit(130);
        first = first === 0 ? Date.now() : first;
        resolve();
      });
    process.once("disconnect", resolve);
  });
}
