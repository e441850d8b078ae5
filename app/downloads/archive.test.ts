import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { DownloadFile } from "#lib/downloads/shapes.ts";
import { Archive, type Progress } from "./archive.ts";

/** A bucket behind a bad line: what happens to each request of a file is said beforehand; then all goes well. */
type Fate = "cut" | "refuse" | "drop" | "spoil" | "whole" | "absent";
let server: Server;
let base: string;
let folder: string;
const stored = new Map<string, Buffer>();
const fates = new Map<string, Fate[]>();
const asked: { name: string; range: string | undefined }[] = [];

function serve(request: IncomingMessage, response: ServerResponse): void {
  const name = new URL(request.url ?? "/", base).pathname.slice(1);
  const { range } = request.headers;
  asked.push({ name, range });
  const fate = fates.get(name)?.shift();
  const all = stored.get(name);
  if (all === undefined || fate === "absent") return void response.writeHead(404).end();
  if (fate === "refuse") return void response.writeHead(403).end();
  if (fate === "drop") return void request.socket.destroy();
  const from = fate === "whole" ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const body = fate === "spoil" ? Buffer.alloc(all.byteLength - from) : all.subarray(from);
  response.writeHead(from === 0 ? 200 : 206, { "content-length": body.byteLength });
  if (fate !== "cut") return void response.end(body);
  response.write(body.subarray(0, body.byteLength >> 1), () => request.socket.destroy());
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-archive-"));
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  base = `http://127.0.0.1:${address.port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
/** A file in the bucket, and what a page of the list says of it. */
function file(bytes: number, meets: Fate[] = [], known: Partial<DownloadFile> = {}): DownloadFile {
  const id = `f${made++}`;
  const body = randomBytes(bytes);
  stored.set(id, body);
  fates.set(id, meets);
  const sha256 = createHash("sha256").update(body).digest("hex");
  return {
    id,
    folder: [],
    name: `${id}.jpg`,
    bytes,
    sha256,
    title: "",
    taken: "2026-05-17T18:42:10.000Z",
    ...known,
  };
}

async function* listed(files: DownloadFile[]): AsyncGenerator<DownloadFile> {
  yield* files;
}

type Read = { names: string[]; bad: string | null; sha: Record<string, string>; manifest: string };

/** Reads an archive back with a program of others. */
async function readBack(zip: string): Promise<Read> {
  const script = `import sys,zipfile,json,hashlib
z=zipfile.ZipFile(sys.argv[1])
names=z.namelist()
print(json.dumps({"names":names,"bad":z.testzip(),"sha":{n:hashlib.sha256(z.read(n)).hexdigest() for n in names},"manifest":z.read("manifest.csv").decode("utf-8-sig")}))`;
  const { stdout } = await promisify(execFile)("python3", ["-c", script, zip]);
  return JSON.parse(stdout) as Read;
}

async function archive(files: DownloadFile[], options: { heldMax?: number; partMax?: number } = {}) {
  const told: Progress[] = [];
  const stalls: boolean[] = [];
  const fresh: string[] = [];
  const made = new Archive({
    files: listed(files),
    address: async (id, again) => {
      if (again) fresh.push(id);
      return `${base}/${id}`;
    },
    signal: new AbortController().signal,
    onProgress: (progress) => told.push(progress),
    onStall: (stalled) => stalls.push(stalled),
    pauseMs: 1,
    ...(options.heldMax === undefined ? {} : { heldMax: options.heldMax }),
  });
  const parts: Read[] = [];
  while (await made.more()) {
    const zip = path.join(folder, `${randomBytes(4).toString("hex")}.zip`);
    const stream = made.part(options.partMax ?? Number.POSITIVE_INFINITY);
    await pipeline(
      Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(zip),
    );
    parts.push(await readBack(zip));
  }
  return { parts, progress: told.at(-1), stalls, fresh };
}

const rangesOf = ({ id }: DownloadFile): (string | undefined)[] =>
  asked.filter(({ name }) => name === id).map(({ range }) => range);

test("no name in an archive leads out of the folder it is unpacked in, whatever files and folders are called (A-19, A-21)", async () => {
  const evil = [
    "../../etc/cron.d/x",
    "/etc/passwd",
    "C:\\windows\\x",
    "..",
    "a\0b",
    "CON",
    "a\u202egpj.exe",
    "x".repeat(65_000),
  ];
  const { parts } = await archive(evil.map((name) => file(100, [], { name, folder: ["..", name, "/"] })));
  const names = parts.flatMap((part) => part.names);
  assert.equal(names.length, evil.length + 1);
  for (const name of names) {
    assert.doesNotMatch(name, /^\/|\\|:|\p{Cc}|\p{Cf}/u);
    for (const segment of name.split("/")) {
      assert.doesNotMatch(segment, /^\.+$|^(con|nul)(\.|$)/i);
      assert.ok(Buffer.byteLength(segment) < 256 && segment !== "", name.slice(0, 100));
    }
  }
});

test("every file is in the archive as it was uploaded, and the manifest says so", async () => {
  const files = [
    file(1000, [], { title: 'Dunes, "red"' }),
    file(70_000, [], { folder: ["Day 1"], title: "=1+1" }),
  ];
  const { parts, progress } = await archive(files);
  const [first, second] = files;
  assert.ok(first && second && parts[0]);
  assert.deepEqual(parts[0].names, [`${first.id}.jpg`, `Day 1/${second.id}.jpg`, "manifest.csv"]);
  assert.equal(parts[0].bad, null);
  assert.equal(parts[0].sha[`${first.id}.jpg`], first.sha256);
  assert.deepEqual(parts[0].manifest.trimEnd().split("\r\n"), [
    "file,title,taken,bytes,sha256,state",
    `${first.id}.jpg,"Dunes, ""red""",2026-05-17T18:42:10.000Z,1000,${first.sha256},ok`,
    `Day 1/${second.id}.jpg,'=1+1,2026-05-17T18:42:10.000Z,70000,${second.sha256},ok`,
  ]);
  assert.deepEqual(progress, { files: 2, bytes: 71_000, troubles: [] });
});

for (const heldMax of [undefined, 10])
  test(`a connection that breaks is gone on with where it broke, ${heldMax === undefined ? "held" : "streamed"}`, async () => {
    const one = file(400_000, ["cut", "cut"]);
    const { parts } = await archive([one], heldMax === undefined ? {} : { heldMax });
    assert.equal(parts[0]?.sha[one.name], one.sha256);
    const [first, second, third] = rangesOf(one);
    assert.equal(first, undefined);
    assert.match(second ?? "", /^bytes=[1-9]\d*-$/);
    assert.match(third ?? "", /^bytes=[1-9]\d*-$/);
  });

test("a store that does not know ranges is read anew without a byte twice", async () => {
  const one = file(400_000, ["cut", "whole"]);
  const { parts } = await archive([one]);
  assert.equal(parts[0]?.sha[one.name], one.sha256);
});

test("an address that ran out is asked for anew", async () => {
  const one = file(1000, ["refuse"]);
  const { parts, fresh } = await archive([one]);
  assert.equal(parts[0]?.sha[one.name], one.sha256);
  assert.deepEqual(fresh, [one.id]);
});

test("a line that is dead is waited for, and told", async () => {
  const one = file(1000, ["drop", "drop", "drop"]);
  const { parts, stalls } = await archive([one]);
  assert.equal(parts[0]?.sha[one.name], one.sha256);
  assert.equal(stalls.at(0), true);
  assert.equal(stalls.at(-1), false);
});

test("a file that arrives wrong is read again; one that stays wrong is left out and told", async () => {
  const mended = file(1000, ["spoil"]);
  const spoilt = file(1000, ["spoil", "spoil", "spoil"]);
  const { parts, progress } = await archive([mended, spoilt]);
  assert.deepEqual(parts[0]?.names, [mended.name, "manifest.csv"]);
  assert.equal(parts[0]?.sha[mended.name], mended.sha256);
  assert.match(parts[0]?.manifest ?? "", new RegExp(`${spoilt.name}.*,damaged`));
  assert.deepEqual(progress?.troubles, [{ name: spoilt.name, what: "damaged" }]);
});

test("a large file that arrived wrong is followed by one that is right, and both are told apart", async () => {
  const one = file(5000, ["spoil"]);
  const { parts, progress } = await archive([one], { heldMax: 10 });
  const [stem] = one.name.split(".");
  assert.deepEqual(parts[0]?.names, [one.name, `${stem} (2).jpg`, "manifest.csv"]);
  assert.equal(parts[0]?.sha[`${stem} (2).jpg`], one.sha256);
  assert.deepEqual(progress?.troubles, [{ name: one.name, what: "damaged" }]);
});

test("what was thrown away meanwhile is told, and the rest arrives", async () => {
  const [gone, stays] = [file(1000, ["absent"]), file(1000)];
  const { parts, progress } = await archive([gone, stays]);
  assert.deepEqual(parts[0]?.names, [stays.name, "manifest.csv"]);
  assert.deepEqual(progress?.troubles, [{ name: gone.name, what: "gone" }]);
  assert.equal(progress?.files, 2);
});

test("where a browser cannot hold everything, there are several archives, each whole", async () => {
  const files = Array.from({ length: 5 }, () => file(1000));
  const { parts } = await archive(files, { partMax: 2500 });
  assert.deepEqual(
    parts.map(({ names }) => names.length),
    [3, 3, 2],
  );
  assert.ok(parts.every(({ bad }) => bad === null));
});
