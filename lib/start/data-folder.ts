/** The one folder that holds everything an installation is: database, objects, secrets, logs. */
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { Refusal } from "./refusal.ts";

export type DataFolder = {
  root: string;
  postgres: string;
  store: string;
  logs: string;
  lock: string;
  runFile: string;
};

const secretsShape = z.strictObject({
  authSecret: z.string().min(32),
  postgresPassword: z.string().min(16),
  store: z.strictObject({ accessKeyId: z.string().min(8), secretAccessKey: z.string().min(16) }),
});
export type Secrets = z.infer<typeof secretsShape>;

export const dataFolder = (root: string): DataFolder => ({
  root,
  postgres: path.join(root, "postgres"),
  store: path.join(root, "store"),
  logs: path.join(root, "log"),
  lock: path.join(root, "lock"),
  runFile: path.join(root, "run.json"),
});

/** Makes the folder when it is missing. Throws Refusal when Tintype cannot write in it. */
export async function openDataFolder(root: string): Promise<DataFolder> {
  const folder = dataFolder(root);
  const probe = path.join(root, `.probe-${randomBytes(4).toString("hex")}`);
  try {
    // As root, Postgres is another user and has to get through to its own folder inside.
    await makeFolder(root, process.getuid?.() === 0 ? 0o711 : 0o700);
    await makeFolder(folder.logs, 0o700);
    await (await open(probe, "wx", 0o600)).close();
    await rm(probe);
  } catch (cause) {
    throw new Refusal(
      `Tintype cannot write in its data folder ${root} (${reason(cause)}). Set TINTYPE_DATA to a folder it may write in.`,
      { cause },
    );
  }
  return folder;
}

/** mkdir's own `recursive` never returns below /proc, where nothing can be made and ENOENT is the answer to it. */
async function makeFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (await isFolder(folder)) return;
    const parent = path.dirname(folder);
    if (!hasCode(error, "ENOENT") || parent === folder || (await isFolder(parent))) throw error;
    await makeFolder(parent, mode);
    await mkdir(folder, { mode });
  }
}

const isFolder = (folder: string): Promise<boolean> =>
  stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

const reasons: Record<string, string> = {
  ENOENT: "no folder can be made there",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "it is read-only",
  ENOTDIR: "a file is in its place",
  EEXIST: "a file is in its place",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Secrets of this installation, made at the first start and kept, readable by their owner only. */
export async function loadSecrets(folder: DataFolder): Promise<Secrets> {
  const file = path.join(folder.root, "secrets.json");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Refusal(`${file} cannot be read (${reason(error)}).`, { cause: error });
  });
  if (text === undefined) {
    const fresh: Secrets = {
      authSecret: randomBytes(32).toString("base64url"),
      postgresPassword: randomBytes(24).toString("base64url"),
      store: {
        accessKeyId: `TT${randomBytes(9).toString("hex").toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString("base64url"),
      },
    };
    await writePrivately(file, JSON.stringify(fresh, undefined, 2));
    return fresh;
  }
  const parsed = secretsShape.safeParse(parseJson(text));
  if (!parsed.success)
    throw new Refusal(
      `${file} is damaged. Put it back from a backup: without it the database in ${folder.root} cannot be opened.`,
    );
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whole or not at all, on disk when this returns, mode 0600. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const half = `${file}.${randomBytes(4).toString("hex")}`;
  const handle = await open(half, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(half, file);
}
