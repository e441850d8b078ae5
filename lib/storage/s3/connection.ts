/** One bucket, the clients that talk to it, and how long they wait. */
import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../../env.ts";
import { bucketCredentials } from "../credentials.ts";
import { isAbsent, isPage, pageInstead } from "../failures.ts";
import { StorageError } from "../port.ts";

const socketsMax = 64;
const usualAttemptsMax = 3;
const connectMsMax = 5_000;
/** A socket on which nothing moves for this long is dead. */
const usualIdleMsMax = 30_000;
/** The slowest transfer that is still waited for. */
const bytesPerMsMin = 30;

const isHere = (url: URL): boolean => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);

/**
 * How connections to an address are kept. HTTPS_PROXY, HTTP_PROXY and NO_PROXY count as everywhere, except for this
 * machine itself: no proxy would find the store there.
 */
export const agentOptions = (url: string): AgentOptions => ({
  keepAlive: true,
  maxSockets: socketsMax,
  ...(isHere(new URL(url)) ? {} : { proxyEnv: process.env }),
});

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

const hostOf = (request: unknown): string => {
  if (typeof request !== "object" || request === null || !("hostname" in request)) return "S3_ENDPOINT";
  const port = "port" in request && request.port !== undefined ? `:${request.port}` : "";
  return `${request.hostname}${port}`;
};

function clientOf(
  bucket: BucketSettings,
  endpoint: string | undefined,
  checksums: "WHEN_REQUIRED" | "WHEN_SUPPORTED",
): S3Client {
  const { provide } = bucketCredentials(bucket);
  const agents = agentOptions(endpoint ?? "https://amazonaws.com");
  const config: S3ClientConfig = {
    region: bucket.region,
    forcePathStyle: bucket.forcePathStyle,
    maxAttempts: bucket.attemptsMax ?? usualAttemptsMax,
    credentials: provide,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    requestHandler: {
      connectionTimeout: connectMsMax,
      socketTimeout: bucket.timeoutMs ?? usualIdleMsMax,
      httpAgent: new HttpAgent(agents),
      httpsAgent: new HttpsAgent(agents),
    },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  return new S3Client(config);
}

export type Connection = {
  bucket: BucketSettings;
  client: S3Client;
  /** Signs for the address that browsers reach. */
  publicClient: S3Client;
  /** Where an object is. Refuses, as `denied`, a key that is not a plain path. */
  at(key: string): { Bucket: string; Key: string };
  /** The same for what is only removed: consoles leave empty objects under the names of folders. */
  atOrMarker(key: string): { Bucket: string; Key: string };
  /** The clock of the store as its last answer told it, in whole seconds. */
  serverDate(): Date | undefined;
  /** How long the beginning of an answer is waited for, all tries together. */
  answerMsMax: number;
  /** How long a request that moves so many bytes is waited for. */
  deadline(bytes?: number): { abortSignal: AbortSignal };
  close(): void;
};

export function connect(bucket: BucketSettings): Connection {
  const isChecked = bucket.checksums === "when_supported";
  const client = clientOf(bucket, bucket.endpoint, isChecked ? "WHEN_SUPPORTED" : "WHEN_REQUIRED");
  // Whatever the settings say: a signed address would carry the checksum of nothing, which stores refuse.
  const publicClient =
    bucket.publicEndpoint === bucket.endpoint && !isChecked
      ? client
      : clientOf(bucket, bucket.publicEndpoint, "WHEN_REQUIRED");
  // A small question must be answered before the person asking gives up: half of what a silent transfer may take.
  const idleMsMax = bucket.timeoutMs ?? usualIdleMsMax;
  const answerMsMax = Math.max(idleMsMax, ((bucket.attemptsMax ?? usualAttemptsMax) * idleMsMax) / 2);
  let serverDate: Date | undefined;
  // The SDK hides the headers of an answer; the Date among them is how a wrong clock is noticed (F-22).
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (typeof response === "object" && response !== null && "headers" in response) {
        const headers = new Map(Object.entries(response.headers ?? {}));
        const date = Date.parse(String(headers.get("date")));
        if (!Number.isNaN(date)) serverDate = new Date(date);
        const status = "statusCode" in response ? Number(response.statusCode) : 0;
        if (isPage(status, Object.fromEntries(headers))) throw pageInstead(hostOf(args.request));
      }
      return result;
    },
    { step: "deserialize", priority: "low", name: "keepServerDate" },
  );
  return {
    bucket,
    client,
    publicClient,
    at: (key) => ({ Bucket: bucket.bucket, Key: fullKey(bucket.location, key) }),
    atOrMarker: (key) => ({
      Bucket: bucket.bucket,
      Key: key.endsWith("/")
        ? `${fullKey(bucket.location, key.slice(0, -1))}/`
        : fullKey(bucket.location, key),
    }),
    serverDate: () => serverDate,
    answerMsMax,
    deadline: (bytes = 0) => ({
      abortSignal: AbortSignal.timeout(answerMsMax + Math.ceil(bytes / bytesPerMsMin)),
    }),
    close() {
      client.destroy();
      publicClient.destroy();
    },
  };
}

/** The answer, or `undefined` when what was asked for is not there; a missing bucket is not that. */
export async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
