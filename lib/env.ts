/**
 * The environment, parsed once at boot. Unknown, half-set and impossible variables are refused by name.
 * Every process sees a complete environment: where something is embedded, the supervisor fills it in for its children.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import { type Visibility, visibilities } from "./media.ts";

const flag = z.stringbool();
const seconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ""));
const isLoopback = (url: string): boolean =>
  ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname) ||
  new URL(url).hostname.endsWith(".localhost");

const shape = z.object({
  APP_URL: httpUrl.optional(),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  TINTYPE_DATA: z.string().default(".tintype"),
  TINTYPE_STORE_HOST: z.string().optional(),
  TINTYPE_STORE_PORT: z.coerce.number().int().min(1).max(65535).default(9100),
  AUTH_SECRET: z.string().min(32).optional(),
  TRUSTED_PROXIES: z.string().default(""),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(10),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "must be 3 to 63 lower-case letters, digits, dots or hyphens",
    })
    .optional(),
  S3_REGION: z.string().min(1).optional(),
  S3_ENDPOINT: httpUrl.optional(),
  S3_PUBLIC_ENDPOINT: httpUrl.optional(),
  S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  S3_SESSION_TOKEN: z.string().min(1).optional(),
  S3_FORCE_PATH_STYLE: flag.optional(),
  S3_PREFIX: z
    .string()
    .regex(/^([a-zA-Z0-9_-]+(\/[a-zA-Z0-9_-]+)*\/?)?$/, {
      error: "must be plain folder names without a leading slash or dots",
    })
    .default(""),
  S3_ALLOW_HTTP: flag.default(false),
  MEDIA_URL_MODE: z
    .enum(["s3-presigned", "cloudfront", "cloudfront-cookie", "public"])
    .default("s3-presigned"),
  MEDIA_URL_WINDOW: seconds(60, 302_400).default(3600),
  MEDIA_PUBLIC_BASE_URL: httpUrl.optional(),
  MEDIA_VISIBILITIES: z.string().default(visibilities.join(",")),
  CLOUDFRONT_KEY_PAIR_ID: z.string().min(1).optional(),
  CLOUDFRONT_PRIVATE_KEY: z.string().min(1).optional(),
  CLOUDFRONT_PRIVATE_KEY_FILE: z.string().min(1).optional(),
  UPLOAD_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(5 * 1024 ** 3)
    .default(50 * 1024 * 1024),
  UPLOAD_POLICY_TTL: seconds(60, 3600).default(600),
  UPLOAD_GRACE: seconds(1, 86_400).default(3600),
  UPLOAD_MAX_AGE: seconds(600, 7 * 86_400).default(86_400),
  UPLOAD_OPEN_MAX: z.coerce.number().int().min(1).default(1_000),
  UPLOAD_DAY_MAX: z.coerce.number().int().min(1).default(20_000),
  UPLOAD_EXACT_SIZE: flag.default(true),
  QUOTA_BYTES: z.coerce.number().int().min(0).default(0),
  TRASH_SECONDS: seconds(0, 3650 * 86_400).default(30 * 86_400),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(availableParallelism()),
  WORKER_PIXELS: z.coerce.number().int().min(1_000_000).default(200_000_000),
});

export type Variables = z.infer<typeof shape>;
export const variableNames = Object.keys(shape.shape);

/** Prefixes that are ours: a name that starts so and is not in the table is a typing error, not someone else's. */
const ourPrefixes = ["S3_", "MEDIA_", "CLOUDFRONT_", "UPLOAD_", "TINTYPE_", "WORKER_"];
/** Read before the settings exist, or by tools; known, and not part of the settings. */
const otherNames = ["TINTYPE_BUILD", "TINTYPE_TEST", "TINTYPE_TEST_DATABASE_URL"];

export type BucketSettings = {
  bucket: string;
  region: string;
  endpoint: string | undefined;
  publicEndpoint: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;
  forcePathStyle: boolean;
  /** "" or "some/folder/": in front of every key. */
  location: string;
};

export type DeliverySettings = {
  mode: Variables["MEDIA_URL_MODE"];
  windowSeconds: number;
  publicBase: string | undefined;
  cloudfront: { keyPairId: string; privateKey: string } | undefined;
};

export type Settings = {
  appUrl: string;
  host: string;
  port: number;
  dataFolder: string;
  storeHost: string;
  storePort: number;
  /** undefined only before the supervisor has filled it in. */
  authSecret: string | undefined;
  trustedProxies: string[];
  logLevel: Variables["LOG_LEVEL"];
  databaseUrl: string | undefined;
  databasePool: number;
  bucket: BucketSettings | undefined;
  delivery: DeliverySettings;
  visibilities: Visibility[];
  uploads: {
    bytesMax: number;
    policySeconds: number;
    graceSeconds: number;
    ageSecondsMax: number;
    openMax: number;
    dayMax: number;
    exactSize: boolean;
  };
  /** Bytes a new account may keep; 0 means no limit. */
  quotaBytes: number;
  trashSeconds: number;
  worker: { concurrency: number; pixels: number };
};

/** One sentence per broken variable, each naming it. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Parses an environment. Empty strings count as not set. Throws SettingsError naming every broken variable. */
export function parseSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    const ours = ourPrefixes.some((prefix) => name.startsWith(prefix));
    if (ours && !variableNames.includes(name) && !otherNames.includes(name))
      problems.push(`${name} is not a setting of Tintype. The settings are listed in .env.example.`);
  }
  const parsed = shape.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join(".")}: ${issue.message}.`);
    throw new SettingsError(problems);
  }
  const v = parsed.data;
  const both = (a: keyof Variables, b: keyof Variables): void => {
    if ((v[a] === undefined) !== (v[b] === undefined))
      problems.push(`${a} and ${b} belong together: set both or neither.`);
  };
  both("S3_BUCKET", "S3_REGION");
  both("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY");
  for (const name of [
    "S3_ENDPOINT",
    "S3_PUBLIC_ENDPOINT",
    "S3_ACCESS_KEY_ID",
    "S3_FORCE_PATH_STYLE",
  ] as const)
    if (v[name] !== undefined && v.S3_BUCKET === undefined && !(name === "S3_PUBLIC_ENDPOINT"))
      problems.push(`${name} is set but S3_BUCKET is not: name the bucket, or unset ${name}.`);
  if (v.S3_SESSION_TOKEN !== undefined && v.S3_ACCESS_KEY_ID === undefined)
    problems.push("S3_SESSION_TOKEN is set but S3_ACCESS_KEY_ID is not.");
  for (const name of ["S3_ENDPOINT", "S3_PUBLIC_ENDPOINT"] as const) {
    const value = v[name];
    if (value?.startsWith("http:") && !isLoopback(value) && !v.S3_ALLOW_HTTP)
      problems.push(`${name} must be https (or set S3_ALLOW_HTTP=true for a network you trust).`);
  }
  const allowed = v.MEDIA_VISIBILITIES.split(",").map((text) => text.trim());
  const wrong = allowed.filter((text) => !visibilities.some((visibility) => visibility === text));
  if (wrong.length > 0) problems.push(`MEDIA_VISIBILITIES: unknown value ${wrong.join(", ")}.`);
  const key = readPrivateKey(v, problems);
  if ((v.CLOUDFRONT_KEY_PAIR_ID === undefined) !== (key === undefined))
    problems.push("CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY belong together: set both or neither.");
  if (
    v.MEDIA_URL_MODE.startsWith("cloudfront") &&
    (key === undefined || v.MEDIA_PUBLIC_BASE_URL === undefined)
  )
    problems.push(
      "MEDIA_URL_MODE=cloudfront needs MEDIA_PUBLIC_BASE_URL, CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY.",
    );
  if (v.MEDIA_URL_MODE === "public") {
    if (v.MEDIA_PUBLIC_BASE_URL === undefined)
      problems.push("MEDIA_URL_MODE=public needs MEDIA_PUBLIC_BASE_URL.");
    if (allowed.includes("private"))
      problems.push(
        "MEDIA_URL_MODE=public would show private pictures to anyone: set MEDIA_VISIBILITIES=unlisted,public.",
      );
  }
  const proxies = v.TRUSTED_PROXIES.split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  for (const proxy of proxies)
    if (!isAddressOrNetwork(proxy))
      problems.push(`TRUSTED_PROXIES: ${proxy} is not an address or a network like 10.0.0.0/8.`);
  if (problems.length > 0) throw new SettingsError(problems);

  return {
    appUrl: v.APP_URL ?? `http://localhost:${v.PORT}`,
    host: v.HOST,
    port: v.PORT,
    dataFolder: path.resolve(v.TINTYPE_DATA),
    storeHost: v.TINTYPE_STORE_HOST ?? v.HOST,
    storePort: v.TINTYPE_STORE_PORT,
    authSecret: v.AUTH_SECRET,
    trustedProxies: proxies,
    logLevel: v.LOG_LEVEL,
    databaseUrl: v.DATABASE_URL,
    databasePool: v.DATABASE_POOL,
    bucket:
      v.S3_BUCKET === undefined || v.S3_REGION === undefined
        ? undefined
        : {
            bucket: v.S3_BUCKET,
            region: v.S3_REGION,
            endpoint: v.S3_ENDPOINT,
            publicEndpoint: v.S3_PUBLIC_ENDPOINT ?? v.S3_ENDPOINT,
            credentials:
              v.S3_ACCESS_KEY_ID === undefined || v.S3_SECRET_ACCESS_KEY === undefined
                ? undefined
                : {
                    accessKeyId: v.S3_ACCESS_KEY_ID,
                    secretAccessKey: v.S3_SECRET_ACCESS_KEY,
                    ...(v.S3_SESSION_TOKEN === undefined ? {} : { sessionToken: v.S3_SESSION_TOKEN }),
                  },
            forcePathStyle: v.S3_FORCE_PATH_STYLE ?? v.S3_ENDPOINT !== undefined,
            location: v.S3_PREFIX === "" ? "" : `${v.S3_PREFIX.replace(/\/$/, "")}/`,
          },
    delivery: {
      mode: v.MEDIA_URL_MODE,
      windowSeconds: v.MEDIA_URL_WINDOW,
      publicBase: v.MEDIA_PUBLIC_BASE_URL,
      cloudfront:
        v.CLOUDFRONT_KEY_PAIR_ID === undefined || key === undefined
          ? undefined
          : { keyPairId: v.CLOUDFRONT_KEY_PAIR_ID, privateKey: key },
    },
    visibilities: visibilities.filter((visibility) => allowed.includes(visibility)),
    uploads: {
      bytesMax: v.UPLOAD_MAX_BYTES,
      policySeconds: v.UPLOAD_POLICY_TTL,
      graceSeconds: v.UPLOAD_GRACE,
      ageSecondsMax: v.UPLOAD_MAX_AGE,
      openMax: v.UPLOAD_OPEN_MAX,
      dayMax: v.UPLOAD_DAY_MAX,
      exactSize: v.UPLOAD_EXACT_SIZE,
    },
    quotaBytes: v.QUOTA_BYTES,
    trashSeconds: v.TRASH_SECONDS,
    worker: { concurrency: v.WORKER_CONCURRENCY, pixels: v.WORKER_PIXELS },
  };
}

function readPrivateKey(v: Variables, problems: string[]): string | undefined {
  // One-line variables carry a PEM with \n spelt out; without this the key cannot be parsed.
  if (v.CLOUDFRONT_PRIVATE_KEY !== undefined) return v.CLOUDFRONT_PRIVATE_KEY.replaceAll("\\n", "\n");
  if (v.CLOUDFRONT_PRIVATE_KEY_FILE === undefined) return undefined;
  try {
    return readFileSync(v.CLOUDFRONT_PRIVATE_KEY_FILE, "utf8");
  } catch (cause) {
    problems.push(
      `CLOUDFRONT_PRIVATE_KEY_FILE cannot be read (${cause instanceof Error ? cause.message : "unknown"}).`,
    );
    return undefined;
  }
}

function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

let current: Settings | undefined;

/** The settings of this process; parsed at the first call, which every process makes at boot. */
export function settings(): Settings {
  current ??= parseSettings(process.env);
  return current;
}

/** A setting that the supervisor fills in; its absence is a mistake in how the process was started. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new SettingsError([`${name} is not set.`]);
  return value;
}
