/** The store under test, and what the parts of the contract share. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../../env.ts";
import { codeOf, type FormPost, postForm } from "../form-post.ts";
import { incomingKey } from "../keys.ts";
import { type PostPolicy, type Storage, StorageError } from "../port.ts";
import { openStorage } from "../s3.ts";

/** Known ways in which a store is not S3. */
export type Quirk =
  | "accepts dates in the future"
  | "answers forms without ETag and Location headers"
  | "completes over what is there"
  | "copies without looking at conditions"
  | "deletes without looking at conditions"
  | "drops Cache-Control of forms"
  | "has no bucket encryption"
  | "has no bucket policies"
  | "has no lifecycle rules"
  | "has no object ownership"
  | "has no public access block"
  | "ignores checksums"
  | "ignores Content-MD5 of forms"
  | "refuses framed streams"
  | "refuses to replace even what is expected"
  | "says of an open bucket that nothing is blocked"
  | "takes forms of any length"
  | "takes one of two equal fields"
  | "takes unsigned headers with a signed address";

/** Ceph RADOS Gateway 16.2.15, as Debian 12 has it. */
export const rgw16: Quirk[] = [
  "accepts dates in the future",
  "answers forms without ETag and Location headers",
  "completes over what is there",
  "copies without looking at conditions",
  "deletes without looking at conditions",
  "drops Cache-Control of forms",
  "has no bucket encryption",
  "has no object ownership",
  "ignores checksums",
  "ignores Content-MD5 of forms",
  "refuses framed streams",
  "refuses to replace even what is expected",
  "says of an open bucket that nothing is blocked",
  "takes forms of any length",
  "takes one of two equal fields",
  "takes unsigned headers with a signed address",
];

/** The store that Tintype brings: whoever runs it decides on its machine what a policy decides elsewhere. */
export const embedded: Quirk[] = [
  "has no bucket encryption",
  "has no bucket policies",
  "has no lifecycle rules",
  "has no object ownership",
  "has no public access block",
];

/** A bucket that may not exist yet, for one run of the contract alone. */
export type StoreUnderTest = { bucket: BucketSettings; close(): Promise<void> };

export const appOrigin = "http://localhost:3000";
export const type = "image/jpeg";
/** What S3 fills with the name of the browser's file. */
export const filenamePlaceholder = ["$", "{filename}"].join("");

/** Waits until something holds; for what a store does after its answer, or without one. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < until, "it did not come true within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const statusOf = (error: unknown): number | undefined => {
  const metadata =
    typeof error === "object" && error !== null && "$metadata" in error ? error.$metadata : undefined;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
};

/** The HTTP status with which the SDK's request was refused. */
export async function refusal(work: Promise<unknown>): Promise<number | undefined> {
  try {
    await work;
  } catch (error) {
    return statusOf(error);
  }
  return assert.fail("it was not refused");
}

export const isStorageError =
  (code: StorageError["code"]) =>
  (error: unknown): boolean =>
    error instanceof StorageError && error.code === code;

type Opened = { under: StoreUnderTest; storage: Storage & { close(): void }; client: S3Client };

type ClientOptions = {
  credentials?: BucketSettings["credentials"];
  /** The SDK's own default is WHEN_SUPPORTED: checksums with everything, streams in frames. */
  checksums?: "WHEN_REQUIRED" | "WHEN_SUPPORTED";
  /** Milliseconds that its clock is ahead. */
  offset?: number;
};

export class Subject {
  readonly name: string;
  #quirks: Quirk[];
  #asked = new Set<Quirk>();
  #opened: Opened | undefined;

  constructor(name: string, quirks: Quirk[]) {
    this.name = name;
    this.#quirks = quirks;
  }

  async open(open: () => Promise<StoreUnderTest>): Promise<void> {
    const under = await open();
    const storage = openStorage(under.bucket);
    this.#opened = { under, storage, client: this.#client(under.bucket, {}) };
    await storage.provision({ origins: [appOrigin] });
  }

  async close(): Promise<void> {
    const { under, storage, client } = this.#get();
    storage.close();
    client.destroy();
    await under.close();
  }

  #get(): Opened {
    return this.#opened ?? assert.fail("the store is not open");
  }

  get bucket(): BucketSettings {
    return this.#get().under.bucket;
  }
  get storage(): Storage {
    return this.#get().storage;
  }
  get client(): S3Client {
    return this.#get().client;
  }

  /** Whether the store is known to differ in this; the test then expects the difference. */
  has(quirk: Quirk): boolean {
    this.#asked.add(quirk);
    return this.#quirks.includes(quirk);
  }

  /** Differences that are named and that no test looked for. */
  unproven(): Quirk[] {
    return this.#quirks.filter((quirk) => !this.#asked.has(quirk));
  }

  #client(bucket: BucketSettings, more: ClientOptions): S3Client {
    const checksums = more.checksums ?? "WHEN_REQUIRED";
    return new S3Client({
      region: bucket.region,
      endpoint: bucket.endpoint ?? "",
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: checksums,
      responseChecksumValidation: checksums,
      ...(more.offset === undefined ? {} : { systemClockOffset: more.offset }),
      credentials: more.credentials ?? bucket.credentials ?? { accessKeyId: "", secretAccessKey: "" },
    });
  }

  /** Another client of the same store. */
  sdk(more: ClientOptions = {}): S3Client {
    return this.#client(this.bucket, more);
  }

  async bytesOf(key: string): Promise<string | undefined> {
    return (await this.storage.get(key, { bytesMax: 1024 ** 3 }))?.body.toString("latin1");
  }

  /** The address of an object without any proof. */
  addressOf(key: string): string {
    const { endpoint, bucket } = this.bucket;
    return `${endpoint}/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }

  policyFor(key: string, bytes: number, expiresIn = 600): Promise<PostPolicy> {
    return this.storage.presignPost(key, { bytes, contentType: type, expiresIn });
  }

  /** A fresh policy for ten bytes, and a form that fits it. */
  async honestPost(bytes = 10): Promise<{ key: string; post: FormPost; fields: Record<string, string> }> {
    const key = incomingKey();
    const { url, fields } = await this.policyFor(key, bytes);
    return { key, post: { url, fields, file: randomBytes(bytes), origin: appOrigin }, fields };
  }

  /** Posts a changed form and expects one of these statuses and nothing in the bucket; returns S3's code. */
  async refused(statuses: number[], key: string, post: FormPost): Promise<string | undefined> {
    const answer = await postForm(post);
    assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.body}`);
    assert.equal(await this.storage.head(key), undefined);
    return codeOf(answer);
  }
}
