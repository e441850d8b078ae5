/** The object port over any S3: the only file that knows the AWS SDK. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import {
  type BucketLocationConstraint,
  type CORSRule,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import type { BucketSettings } from "../env.ts";
import { asking, failureOf, isAbsent } from "./failures.ts";
import { absentKey } from "./keys.ts";
import { type ObjectHead, type PostPolicy, type Storage, StorageError } from "./port.ts";
import { quickHeads } from "./quick-head.ts";

const socketsMax = 64;
const attemptsMax = 3;
const connectMsMax = 5_000;
/** A socket on which nothing moves for this long is dead. */
const idleMsMax = 30_000;
/** Small questions must be answered before the person asking gives up. */
const questionMsMax = 15_000;
/** The slowest transfer that is still waited for. */
const bytesPerMsMin = 30;
const expiresSecondsMax = 604_800;

/** The key in the bucket. Refuses, as `denied`, whatever could leave the location or means two things. */
function fullKey(location: string, key: string): string {
  const segments = key.split("/");
  const leaves = segments.some((segment) => segment === "" || segment === "." || segment === "..");
  // A placeholder such as ${filename} would be filled in by the browser of whoever gets the policy.
  if (leaves || /[\\\p{Cc}]|\$\{/u.test(key) || !key.isWellFormed())
    throw new StorageError(
      "denied",
      `The key ${JSON.stringify(key)} is not a plain path below the location.`,
    );
  const full = `${location}${key}`;
  if (Buffer.byteLength(full) > 1024) throw new StorageError("denied", "The key is longer than 1,024 bytes.");
  return full;
}

const agents = { keepAlive: true, maxSockets: socketsMax };

function clientOf(bucket: BucketSettings, endpoint: string | undefined): S3Client {
  const config: S3ClientConfig = {
    region: bucket.region,
    forcePathStyle: bucket.forcePathStyle,
    maxAttempts: attemptsMax,
    // The defaults put a checksum of nothing into signed URLs and send streams in a framing that stores refuse.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: connectMsMax,
      socketTimeout: idleMsMax,
      httpAgent: new HttpAgent(agents),
      httpsAgent: new HttpsAgent(agents),
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(bucket.credentials === undefined ? {} : { credentials: bucket.credentials }),
  };
  return new S3Client(config);
}

const headOf = (key: string, answer: Pick<HeadObjectCommandOutput, HeadFields>): ObjectHead => ({
  key,
  bytes: answer.ContentLength ?? 0,
  etag: answer.ETag ?? "",
  contentType: answer.ContentType,
  modified: answer.LastModified ?? new Date(0),
});
type HeadFields = "ContentLength" | "ETag" | "ContentType" | "LastModified";

const deadline = (bytes = 0): { abortSignal: AbortSignal } => ({
  abortSignal: AbortSignal.timeout(questionMsMax * attemptsMax + Math.ceil(bytes / bytesPerMsMin)),
});

/** Collects a body of known or unknown length. Refuses with `too_large` at the first byte over the cap. */
async function collect(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

const tooLarge = (bytesMax: number): StorageError =>
  new StorageError("too_large", `The object is larger than the ${bytesMax} bytes that were asked for.`);

const isStream = (body: unknown): body is AsyncIterable<Uint8Array> & { destroy(): void } =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body;

const sameSet = (a: string[] | undefined, b: string[]): boolean =>
  [...(a ?? [])].sort().join("\n") === [...b].sort().join("\n");

const isSameRule = (a: CORSRule, b: CORSRule): boolean =>
  sameSet(a.AllowedOrigins, b.AllowedOrigins ?? []) &&
  sameSet(a.AllowedMethods, b.AllowedMethods ?? []) &&
  sameSet(a.AllowedHeaders, b.AllowedHeaders ?? []) &&
  sameSet(a.ExposeHeaders, b.ExposeHeaders ?? []) &&
  a.MaxAgeSeconds === b.MaxAgeSeconds;

class S3Storage implements Storage {
  #bucket: BucketSettings;
  #client: S3Client;
  /** Signs for the address that browsers reach. */
  #publicClient: S3Client;
  #exactSize: boolean;
  #serverDate: Date | undefined;
  #headAgent: HttpAgent | undefined;
  #quickHead: Promise<ReturnType<typeof quickHeads>> | undefined;

  constructor(bucket: BucketSettings, exactSize: boolean) {
    this.#bucket = bucket;
    this.#exactSize = exactSize;
    this.#client = clientOf(bucket, bucket.endpoint);
    this.#publicClient =
      bucket.publicEndpoint === bucket.endpoint ? this.#client : clientOf(bucket, bucket.publicEndpoint);
    this.#keepServerDate();
  }

  /** The SDK hides the headers of an answer; the Date among them is how a wrong clock is noticed (F-22). */
  #keepServerDate(): void {
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (typeof response === "object" && response !== null && "headers" in response) {
          const headers = new Map(Object.entries(response.headers ?? {}));
          const date = Date.parse(String(headers.get("date")));
          if (!Number.isNaN(date)) this.#serverDate = new Date(date);
        }
        return result;
      },
      { step: "deserialize", priority: "low", name: "keepServerDate" },
    );
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket.bucket, Key: fullKey(this.#bucket.location, key) };
  }

  async put(key: string, body: Uint8Array, meta: Parameters<Storage["put"]>[2]): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#at(key),
      Body: body,
      ContentLength: body.byteLength,
      ContentType: meta.contentType,
      CacheControl: meta.cacheControl,
      ContentDisposition: meta.contentDisposition,
      ...(meta.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    await asking("store an object", () => this.#client.send(command, deadline(body.byteLength)));
  }

  async get(
    key: string,
    options: { bytesMax: number },
  ): Promise<{ head: ObjectHead; body: Buffer } | undefined> {
    const command = new GetObjectCommand(this.#at(key));
    return asking("read an object", async () => {
      const answer = await this.#orAbsent(() => this.#client.send(command, deadline(options.bytesMax)));
      if (answer === undefined) return undefined;
      const stream: unknown = answer.Body;
      if (!isStream(stream)) throw new StorageError("unavailable", "The bucket answered without a body.");
      try {
        if ((answer.ContentLength ?? 0) > options.bytesMax) throw tooLarge(options.bytesMax);
        const body = await collect(stream, options.bytesMax);
        if (answer.ContentLength !== undefined && body.length !== answer.ContentLength)
          throw new StorageError("unavailable", "The bucket sent fewer bytes than it announced.");
        return { head: headOf(key, answer), body };
      } finally {
        stream.destroy();
      }
    });
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const at = this.#at(key);
    return asking("look up an object", async () => {
      this.#quickHead ??= this.#prepareQuickHead().catch((error: unknown) => {
        // Credentials may come later; a refusal kept here would last for ever.
        this.#quickHead = undefined;
        throw error;
      });
      const quick = await (await this.#quickHead)(at.Key, await this.#client.config.credentials());
      if (quick === undefined) return undefined;
      if (
        quick !== "ask the SDK" &&
        quick["content-length"] !== undefined &&
        quick["last-modified"] !== undefined
      )
        return headOf(key, {
          ContentLength: Number(quick["content-length"]),
          ETag: quick.etag,
          ContentType: quick["content-type"],
          LastModified: new Date(quick["last-modified"]),
        });
      const answer = await this.#orAbsent(() => this.#client.send(new HeadObjectCommand(at), deadline()));
      return answer === undefined ? undefined : headOf(key, answer);
    });
  }

  /** The SDK is asked for the bucket's address once: it knows every partition, style and endpoint. */
  async #prepareQuickHead(): Promise<ReturnType<typeof quickHeads>> {
    const { bucket, region } = this.#bucket;
    const { url } = await createPresignedPost(this.#client, { Bucket: bucket, Key: "address" });
    this.#headAgent = new (url.startsWith("https:") ? HttpsAgent : HttpAgent)(agents);
    return quickHeads({ base: url, region, agent: this.#headAgent });
  }

  async #orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#at(key));
    await asking("delete an object", () => this.#orAbsent(() => this.#client.send(command, deadline())));
  }

  async *list(prefix: string): AsyncIterable<ObjectHead> {
    const { bucket, location } = this.#bucket;
    let token: string | undefined;
    do {
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${location}${prefix}`,
        ContinuationToken: token,
      });
      const page = await asking("list objects", () => this.#client.send(command, deadline()));
      for (const { Key = "", Size, ETag, LastModified } of page.Contents ?? []) {
        const answer = { ContentLength: Size, ETag, LastModified, ContentType: undefined };
        yield headOf(Key.slice(location.length), answer);
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async presignPost(key: string, promise: Parameters<Storage["presignPost"]>[1]): Promise<PostPolicy> {
    const { bytes, contentType, expiresIn } = promise;
    // The SDK signs whatever it is given: minus one, a decade, NaN.
    if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > expiresSecondsMax)
      throw new RangeError(`expiresIn must be 1 to ${expiresSecondsMax} seconds, got ${expiresIn}.`);
    if (!Number.isSafeInteger(bytes) || bytes < 1)
      throw new RangeError(`bytes must be a whole number above 0, got ${bytes}.`);
    return asking("sign an upload", async () => {
      const seconds = await this.#lifeOf(expiresIn);
      const { url, fields } = await createPresignedPost(this.#publicClient, {
        ...this.#at(key),
        Conditions: [["content-length-range", this.#exactSize ? bytes : 1, bytes]],
        Fields: { "Content-Type": contentType, success_action_status: "201" },
        Expires: seconds,
      });
      return { url, fields, expiresAt: expirationOf(fields.Policy) };
    });
  }

  /** A policy must not outlive the temporary credentials that signed it. */
  async #lifeOf(expiresIn: number): Promise<number> {
    if (this.#bucket.credentials !== undefined) return expiresIn;
    const { credentials } = this.#publicClient.config;
    const left = (expiration: Date | undefined): number =>
      expiration === undefined ? expiresIn : Math.floor((expiration.getTime() - Date.now()) / 1000) - 60;
    const current = await credentials();
    if (left(current.expiration) >= 60) return Math.min(expiresIn, left(current.expiration));
    const renewed = left((await credentials({ forceRefresh: true })).expiration);
    if (renewed < 1) throw new StorageError("denied", "The credentials for the bucket have run out.");
    return Math.min(expiresIn, renewed);
  }

  async probe(): Promise<{ clockSkewMs: number }> {
    const { bucket } = this.#bucket;
    const refuse = (code: StorageError["code"], sentence: string, cause?: unknown): StorageError =>
      new StorageError(code, sentence, { cause });
    const started = Date.now();
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: bucket }), deadline());
    } catch (error) {
      const { name, status } = failureOf(error);
      if (status === 404) throw refuse("unavailable", `The bucket ${bucket} does not exist.`, error);
      if (status === 403)
        throw refuse(
          "denied",
          `The credentials may not use the bucket ${bucket}, or it belongs to someone else.`,
          error,
        );
      if (status === 301 || status === 400)
        throw refuse(
          "unavailable",
          `The bucket ${bucket} is not in the region ${this.#bucket.region}.`,
          error,
        );
      throw refuse("unavailable", `The bucket ${bucket} cannot be reached: ${status ?? name}.`, error);
    }
    const clockSkewMs = skewOf(this.#serverDate, started, Date.now());
    const found = await this.head(absentKey()).catch((error: unknown) => {
      if (error instanceof StorageError && error.code === "denied")
        throw refuse(
          "denied",
          `The bucket ${bucket} answers 403 for an object that is not there: the credentials need s3:ListBucket.`,
          error,
        );
      throw error;
    });
    if (found !== undefined)
      throw refuse(
        "unavailable",
        `The bucket ${bucket} has an object under every key: something in between answers for it.`,
      );
    return { clockSkewMs };
  }

  async provision(options: { origins: string[] }): Promise<void> {
    const { bucket, region } = this.#bucket;
    await asking("be created", async () => {
      const exists = await this.#orAbsent(() =>
        this.#client.send(new HeadBucketCommand({ Bucket: bucket }), deadline()),
      );
      if (exists !== undefined) return;
      const CreateBucketConfiguration = isNamedRegion(region) ? { LocationConstraint: region } : undefined;
      try {
        await this.#client.send(
          new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }),
          deadline(),
        );
      } catch (error) {
        // Two processes that start together both find it missing.
        if (failureOf(error).name !== "BucketAlreadyOwnedByYou") throw error;
      }
    });
    await asking("be given its CORS rule", () => this.#provisionCors(options.origins));
  }

  /** Other rules of the bucket stay: it may serve other sites as well. */
  async #provisionCors(origins: string[]): Promise<void> {
    const { bucket } = this.#bucket;
    // Two galleries in one bucket, each at its own location, keep a rule each.
    const corsRuleId = ["tintype", ...this.#bucket.location.split("/")]
      .filter((part) => part !== "")
      .join("-");
    const rule: CORSRule = {
      ID: corsRuleId,
      AllowedOrigins: origins,
      AllowedMethods: ["POST", "PUT", "GET", "HEAD"],
      AllowedHeaders: ["*"],
      ExposeHeaders: ["ETag"],
      MaxAgeSeconds: 3600,
    };
    const current = await this.#orAbsent(() =>
      this.#client.send(new GetBucketCorsCommand({ Bucket: bucket }), deadline()),
    );
    const rules = current?.CORSRules ?? [];
    if (rules.some((one) => isSameRule(one, rule))) return;
    const CORSRules = [...rules.filter((one) => one.ID !== corsRuleId), rule];
    await this.#client.send(
      new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }),
      deadline(),
    );
  }

  close(): void {
    this.#client.destroy();
    this.#publicClient.destroy();
    this.#headAgent?.destroy();
  }
}

/** S3's first region must not be named. The SDK's list of the others is AWS's own; other stores have other names. */
const isNamedRegion = (region: string): region is BucketLocationConstraint => region !== "us-east-1";

/** The end of a policy as it was signed, so that nothing promises more than the store will honour. */
function expirationOf(policy: string | undefined): Date {
  const parsed: unknown = JSON.parse(Buffer.from(policy ?? "", "base64").toString("utf8"));
  if (typeof parsed !== "object" || parsed === null || !("expiration" in parsed))
    throw new StorageError("unavailable", "The signed policy has no expiration.");
  return new Date(String(parsed.expiration));
}

/** How far the store's clock is ahead of ours; the answer's Date has whole seconds, hence the half. */
function skewOf(date: Date | undefined, sent: number, received: number): number {
  if (date === undefined) return 0;
  const skew = date.getTime() + 500 - (sent + received) / 2;
  return Math.abs(skew) <= 500 + (received - sent) / 2 ? 0 : Math.round(skew);
}

/**
 * Opens a bucket. `exactSize: false` signs upload policies for 1 to n bytes, for stores that misread an exact range
 * . `close` ends its connections.
 */
export function openStorage(
  bucket: BucketSettings,
  options: { exactSize?: boolean } = {},
): Storage & { close(): void } {
  return new S3Storage(bucket, options.exactSize ?? true);
}
