/**
 * The embedded store beside Ceph RGW: forms of 1 MB and 10 MB, the same client, the same machine, the same run, in
 * turns. With --large an object of 5 GB in and out, by every way there is; with --list a bucket with a million keys.
 * The memory is the peak of the store's process, or of Ceph's three.
 */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Agent, request } from "node:http";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import type { BucketSettings } from "#lib/env.ts";
import { Catalogue } from "#lib/storage/embedded/catalogue.ts";
import { type StoreProcess, storeProcess } from "#lib/storage/embedded/testing.ts";
import type { Storage } from "#lib/storage/port.ts";
import { openStorage } from "#lib/storage/s3.ts";
import { startCeph } from "#lib/testing-ceph.ts";
import { median, table, used } from "./processes.ts";

const atOnce = 4;
const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
const boundary = "----tintype-bench";
const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

type Subject = { name: string; bucket: BucketSettings; pids: () => number[] };

/** From now on the peak of a process counts anew (Linux). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}
const peakMb = (pids: number[]): number => Math.round(pids.reduce((sum, pid) => sum + used(pid).peakMb, 0));
const cpu = (pids: number[]): number => pids.reduce((sum, pid) => sum + used(pid).cpu, 0);

function formHead(fields: Record<string, string>): Buffer {
  const pairs = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.from(
    `${pairs.join("")}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n`,
  );
}
const formTail = Buffer.from(`\r\n--${boundary}--\r\n`);

/** Sends a form over a connection that is kept, as a browser does. */
async function post(
  form: { url: string; fields: Record<string, string> },
  file: { bytes: number; pieces: Iterable<Buffer> },
): Promise<void> {
  const head = formHead(form.fields);
  const answered = Promise.withResolvers<void>();
  const sent = request(form.url, {
    agent,
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": head.length + file.bytes + formTail.length,
    },
  });
  sent.once("error", answered.reject);
  sent.once("response", (response) => {
    const isStored = response.statusCode === 201 || response.statusCode === 204;
    response.resume().once("end", () => {
      if (isStored) answered.resolve();
      else answered.reject(new Error(`The form was answered with ${response.statusCode}.`));
    });
  });
  await pipeline(
    Readable.from(
      (function* () {
        yield head;
        yield* file.pieces;
        yield formTail;
      })(),
      { objectMode: true, highWaterMark: 1 },
    ),
    sent,
  );
  await answered.promise;
}

async function round(
  subject: Subject,
  storage: Storage,
  bytes: number,
  count: number,
): Promise<{ speed: number; cpuMs: number }> {
  const file = randomBytes(bytes);
  const forms = await Promise.all(
    Array.from({ length: count }, () =>
      storage.presignPost(`incoming/${randomBytes(12).toString("hex")}`, {
        bytes,
        contentType: "image/jpeg",
        expiresIn: 600,
      }),
    ),
  );
  const cpuBefore = cpu(subject.pids());
  const start = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let form = forms.pop(); form !== undefined; form = forms.pop())
        await post(form, { bytes, pieces: [file] });
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return {
    speed: (bytes * count) / 1e6 / seconds,
    cpuMs: ((cpu(subject.pids()) - cpuBefore) * 1000) / count,
  };
}

async function throughput(subjects: Subject[], rounds: number): Promise<void> {
  const opened = subjects.map((subject) => ({ subject, storage: openStorage(subject.bucket) }));
  for (const { storage } of opened) await storage.provision({ origins: ["http://localhost:3000"] });
  const rows: Record<string, string | number>[] = [];
  for (const [bytes, count] of [
    [1_000_000, 100],
    [10_000_000, 40],
  ] as const) {
    const results = new Map(
      opened.map(({ subject }) => [subject.name, [] as { speed: number; cpuMs: number }[]]),
    );
    for (const { subject, storage } of opened) await round(subject, storage, bytes, 8);
    for (let i = 0; i < rounds; i++)
      for (const { subject, storage } of opened)
        results.get(subject.name)?.push(await round(subject, storage, bytes, count));
    for (const { subject } of opened) {
      const found = results.get(subject.name) ?? [];
      rows.push({
        "POST of": `${bytes / 1e6} MB`,
        store: subject.name,
        "MB/s, median": Math.round(median(found.map((one) => one.speed))),
        "all rounds": found.map((one) => Math.round(one.speed)).join(" "),
        "CPU ms an object": Math.round(median(found.map((one) => one.cpuMs)) * 10) / 10,
        "memory, peak MB": peakMb(subject.pids()),
      });
    }
  }
  for (const { storage } of opened) storage.close();
  table(rows);
}

/** The processes of the Ceph that this bench has started. */
function cephPids(): number[] {
  const own = execFileSync("ps", ["-eo", "pid=,ppid=,comm="], { encoding: "utf8" });
  return own
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, name]) => Number(parent) === process.pid && /^(radosgw|ceph-)/.test(name ?? ""))
    .map(([pid]) => Number(pid));
}

/** Pieces of a large object, one piece of memory again and again. */
function* pieces(bytes: number): Generator<Buffer> {
  const piece = randomBytes(1 << 20);
  for (let left = bytes; left > 0; left -= piece.length)
    yield piece.subarray(0, Math.min(left, piece.length));
}

async function large(store: StoreProcess, gigabytes: number): Promise<void> {
  const bytes = Math.min(gigabytes * 1024 ** 3, 5 * 1024 ** 3);
  const Bucket = store.bucket.bucket;
  const client = clientOf(store.bucket);
  const rows: Record<string, string | number>[] = [];
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    forgetPeak(store.pid());
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    const row = { what: name, seconds: seconds.toFixed(1), "MB/s": megabytes(bytes / seconds) };
    rows.push({ ...row, "memory, peak MB": peakMb([store.pid()]) });
  };
  const read = async (Key: string): Promise<void> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    if (!(Body instanceof Readable)) throw new Error("The answer is no stream.");
    let found = 0;
    for await (const piece of Body) found += piece.length;
    if (found !== bytes) throw new Error(`${found} bytes came back instead of ${bytes}.`);
  };
  await step("PUT", () => {
    const Body = Readable.from(pieces(bytes), { highWaterMark: 1 });
    return client.send(new PutObjectCommand({ Bucket, Key: "put", Body, ContentLength: bytes }));
  });
  await step("GET", () => read("put"));
  await step("COPY", () =>
    client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/put` })),
  );
  for (const Key of ["put", "copy"]) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await step("POST", async () => {
    const form = await createPresignedPost(client, { Bucket, Key: "post", Expires: 600 });
    await post(form, { bytes, pieces: pieces(bytes) });
  });
  await client.send(new DeleteObjectCommand({ Bucket, Key: "post" }));
  await step("multipart, four at a time", () => inParts(client, Bucket, bytes));
  await step("GET of the parts", () => read("parts"));
  await client.send(new DeleteObjectCommand({ Bucket, Key: "parts" }));
  client.destroy();
  console.log(`One object of ${megabytes(bytes)} MB`);
  table(rows);
}

async function inParts(client: S3Client, Bucket: string, bytes: number): Promise<void> {
  const partBytes = 64 * 1024 ** 2;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
  const part = randomBytes(partBytes);
  const count = Math.ceil(bytes / partBytes);
  const etags: (string | undefined)[] = [];
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const Body = part.subarray(0, Math.min(partBytes, bytes - index * partBytes));
      const command = new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: index + 1, Body });
      etags[index] = (await client.send(command)).ETag;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  const Parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }),
  );
}

function clientOf(bucket: StoreProcess["bucket"]): S3Client {
  return new S3Client({
    region: bucket.region,
    endpoint: bucket.endpoint,
    forcePathStyle: true,
    credentials: bucket.credentials,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Rows for a million objects, written into the index without their bodies: lists never look at bodies. */
async function million(keys: number): Promise<void> {
  const store = await storeProcess("million");
  const folder = path.join(store.data, "store");
  await mkdir(folder, { recursive: true });
  const catalogue = new Catalogue(folder);
  await catalogue.createBucket("million");
  const bucket = catalogue.bucket("million");
  if (bucket === undefined) throw new Error("The bucket was not made.");
  for (let from = 0; from < keys; from += 10_000)
    await catalogue.change(() => {
      for (let i = from; i < from + 10_000; i++) {
        const body = createHash("md5").update(String(i)).digest("hex");
        const key = `year-${Math.floor(i / 1000)}/month/${body}.jpg`;
        const shared = { parts: undefined, checksum: undefined, headers: {}, tags: "" };
        catalogue.putObject(bucket, { key, body, bytes: 1, etag: body, modified: Date.now(), ...shared });
      }
    });
  await catalogue.close();
  await store.start();
  const client = clientOf(store.bucket);
  const rows: Record<string, string | number>[] = [];
  const step = async (what: string, more: object, pagesMax = 1): Promise<void> => {
    let [pages, names] = [0, 0];
    let ContinuationToken: string | undefined;
    const times: number[] = [];
    do {
      const start = performance.now();
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: "million",
          ...more,
          ...(ContinuationToken ? { ContinuationToken } : {}),
        }),
      );
      times.push(performance.now() - start);
      names += page.KeyCount ?? 0;
      ContinuationToken = page.NextContinuationToken;
    } while (++pages < pagesMax && ContinuationToken !== undefined);
    const row = { list: what, pages, names, "ms a page, median": Math.round(median(times) * 10) / 10 };
    rows.push({
      ...row,
      "slowest ms": Math.round(Math.max(...times)),
      "memory, peak MB": peakMb([store.pid()]),
    });
  };
  await step("one key, warming up", { MaxKeys: 1 });
  await step("the first page", {}, 20);
  await step("a page at the end", { StartAfter: "year-998/" }, 2);
  await step("the folders on top", { Delimiter: "/" }, 2);
  await step("one folder", { Prefix: "year-500/month/", Delimiter: "/" }, 2);
  await step("a prefix that nothing has", { Prefix: "nothing/" });
  await step("everything", {}, Number.MAX_SAFE_INTEGER);
  client.destroy();
  const index = readFileSync(path.join(folder, "index.sqlite")).length;
  await store.remove();
  console.log(`${keys} keys, an index of ${megabytes(index)} MB`);
  table(rows);
}

/** `--rounds n`, `--only-store`, `--large [gigabytes]`, `--list [keys]`. */
export async function run(args: string[]): Promise<void> {
  const option = (name: string, otherwise: number): number | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : Number(/^\d+$/.test(args[at + 1] ?? "") ? args[at + 1] : otherwise);
  };
  const keys = option("--list", 1_000_000);
  const gigabytes = option("--large", 5);
  if (keys !== undefined) await million(keys);
  const store = await storeProcess("bench");
  try {
    await store.start();
    if (gigabytes !== undefined) {
      const storage = openStorage(store.bucket);
      await storage.provision({ origins: ["http://localhost:3000"] });
      storage.close();
      await large(store, gigabytes);
    }
    if (keys !== undefined || gigabytes !== undefined) return;
    const own = { name: "embedded", bucket: store.bucket, pids: () => [store.pid()] };
    const ceph = args.includes("--only-store") ? undefined : await startCeph();
    const other = ceph && { name: `Ceph RGW ${ceph.version}`, bucket: ceph.bucket("bench"), pids: cephPids };
    try {
      await throughput(other === undefined ? [own] : [own, other], option("--rounds", 5) ?? 5);
    } finally {
      await ceph?.stop();
    }
  } finally {
    agent.destroy();
    await store.remove();
  }
}
