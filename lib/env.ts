/**
 * The environment, parsed once at boot. Unknown, half-set and impossible variables are refused by name.
 * Every process sees a complete environment: where something is embedded, the supervisor fills it in for its children.
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import { contradictions, listOf, privateKey } from "./env-checks.ts";
import { unknownNames } from "./env-names.ts";
import { type Visibility, visibilities } from "./media.ts";

const number = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);
const flag = z.stringbool({ error: "must be true or false" });
const oneOf = <const T extends string>(...values: T[]) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });
const isHttp = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).host !== "";
/** Nothing but scheme, host and port: what is built upon it would lose or repeat the rest. */
const origin = (example: string) =>
  z
    .string()
    .refine(isHttp, { error: `must be an http or https address such as ${example}`, abort: true })
    .refine((text) => /^[^/]*\/\/[^/?#@]+\/*$/.test(text), {
      error: `must be the address alone, such as ${example}: no path, query, fragment or user name`,
    })
    .transform((text) => new URL(text).origin);
const httpUrl = (example: string) =>
  z
    .string()
    .refine((text) => isHttp(text) && !/[?#]/.test(text) && new URL(text).username === "", {
      error: `must be an http or https address such as ${example}, without a query, fragment or user name`,
    })
    .transform((text) => text.replace(/\/+$/, ""));
/** Goes out as a header: a line break or a letter outside ASCII would end or spoil it. */
const headerText = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, { error: "must be plain ASCII text in one line" });
const most = Number.MAX_SAFE_INTEGER;

const shape = z.object({
  APP_URL: origin("https://photos.example.com").optional(),
  HOST: z.string().default("127.0.0.1"),
  PORT: number(1, 65_535).default(3000),
  TINTYPE_DATA: z.string().default(".tintype"),
  TINTYPE_STORE_HOST: z.string().optional(),
  TINTYPE_STORE_PORT: number(1, 65_535).default(9100),
  TINTYPE_STORE_REFUSE_POST: flag.default(false),
  AUTH_SECRET: z.string().min(32, { error: "must have at least 32 characters" }).optional(),
  TRUSTED_PROXIES: z.string().default(""),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "silent").default("info"),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error:
        "must be an address such as postgres://user:password@host:5432/tintype, special characters of the password written as %23 and so on",
    })
    .optional(),
  DATABASE_POOL: number(2, 100).default(10),
  DATABASE_PREPARE: flag.default(true),
  REQUESTS_MAX: number(10, 100_000).default(500),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "must be 3 to 63 lower-case letters, digits, dots or hyphens",
    })
    .optional(),
  S3_REGION: z.string().optional(),
  S3_ENDPOINT: httpUrl("https://s3.example.com").optional(),
  S3_PUBLIC_ENDPOINT: httpUrl("https://s3.example.com").optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_SESSION_TOKEN: z.string().optional(),
  S3_FORCE_PATH_STYLE: flag.optional(),
  S3_PREFIX: z
    .string()
    .regex(/^([a-zA-Z0-9_-]+(\/[a-zA-Z0-9_-]+)*\/?)?$/, {
      error: "must be plain folder names without a leading slash or dots",
    })
    .default(""),
  S3_ALLOW_HTTP: flag.default(false),
  S3_UPLOAD_TRANSPORT: oneOf("auto", "post", "put").default("auto"),
  S3_MULTIPART_THRESHOLD: number(5 * 1024 ** 2, 5 * 1024 ** 3).default(16 * 1024 ** 2),
  S3_SSE: oneOf("AES256", "aws:kms", "aws:kms:dsse").optional(),
  S3_SSE_KMS_KEY_ID: headerText.optional(),
  S3_STORAGE_CLASS: z
    .string()
    .regex(/^[A-Z0-9_-]{1,64}$/, { error: "must be a storage class such as INTELLIGENT_TIERING" })
    .refine((name) => !["GLACIER", "DEEP_ARCHIVE"].includes(name), {
      error: "must be a class that answers at once: pictures in GLACIER or DEEP_ARCHIVE could not be shown",
    })
    .optional(),
  S3_MAX_ATTEMPTS: number(1, 10).default(3),
  S3_TIMEOUT_MS: number(1_000, 600_000).default(30_000),
  S3_CHECKSUMS: oneOf("when_required", "when_supported").default("when_required"),
  MEDIA_URL_MODE: oneOf("s3-presigned", "cloudfront", "cloudfront-cookie", "public").default("s3-presigned"),
  MEDIA_URL_WINDOW: number(60, 302_400).default(3600),
  MEDIA_PUBLIC_BASE_URL: httpUrl("https://cdn.example.com").optional(),
  MEDIA_CACHE_CONTROL: headerText.default("private, max-age=31536000, immutable"),
  MEDIA_VISIBILITIES: z.string().default(visibilities.join(",")),
  CLOUDFRONT_KEY_PAIR_ID: z.string().optional(),
  CLOUDFRONT_COOKIE_DOMAIN: z.string().optional(),
  CLOUDFRONT_PRIVATE_KEY: z.string().optional(),
  CLOUDFRONT_PRIVATE_KEY_FILE: z.string().optional(),
  GALLERY_LICENSE_URL: z
    .string()
    .refine(isHttp, {
      error: "must be an http or https address such as https://creativecommons.org/licenses/by/4.0/",
    })
    .optional(),
  GALLERY_CREDIT: z
    .string()
    .regex(/^[^\p{Cc}]{1,200}$/u, { error: "must be one line of at most 200 characters" })
    .optional(),
  STATIC_URL: httpUrl("https://cdn.example.com/static").optional(),
  UPLOAD_MAX_BYTES: number(1, 5 * 1024 ** 3).default(50 * 1024 * 1024),
  UPLOAD_VIDEO_MAX_BYTES: number(1, 5 * 1024 ** 3).default(4 * 1024 ** 3),
  UPLOAD_POLICY_TTL: number(60, 3600).default(600),
  UPLOAD_GRACE: number(1, 86_400).default(3600),
  UPLOAD_MAX_AGE: number(600, 7 * 86_400).default(86_400),
  UPLOAD_OPEN_MAX: number(1, most).default(1_000),
  UPLOAD_DAY_MAX: number(1, most).default(20_000),
  UPLOAD_EXACT_SIZE: flag.default(true),
  QUOTA_BYTES: number(0, most).default(0),
  TRASH_SECONDS: number(0, 3650 * 86_400).default(30 * 86_400),
  BACKUP_EVERY: number(0, 8_760).optional(),
  BACKUP_KEEP: number(1, 1_000).default(7),
  WORKER_CONCURRENCY: number(1, 64).default(availableParallelism()),
  WORKER_PIXELS: number(1_000_000, most).default(200_000_000),
});

export type Variables = z.infer<typeof shape>;
export const variableNames = Object.keys(shape.shape);

export type BucketSettings = {
  bucket: string;
  region: string;
  endpoint: string | undefined;
  publicEndpoint: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;
  forcePathStyle: boolean;
  /** "" or "some/folder/": in front of every key. */
  location: string;
  /** Asked for with every object that is written; undefined leaves it to the bucket. */
  encryption?: Encryption | undefined;
  /** Of originals; everything else is small or short-lived and stays in the bucket's own class. */
  storageClass?: string | undefined;
  /** How often one request is tried, the first time included; 3 when not given. */
  attemptsMax?: number;
  /** A connection on which nothing moves for this long is given up; 30,000 when not given. */
  timeoutMs?: number;
  /** `when_supported` lets the SDK send and check a CRC with every object; `when_required` when not given. */
  checksums?: Variables["S3_CHECKSUMS"];
};

/** `keyId` only with KMS; without it, the account's own key for S3. */
export type Encryption = { method: NonNullable<Variables["S3_SSE"]>; keyId: string | undefined };

export type DeliverySettings = {
  mode: Variables["MEDIA_URL_MODE"];
  windowSeconds: number;
  publicBase: string | undefined;
  cloudfront: { keyPairId: string; privateKey: string; cookieDomain: string | undefined } | undefined;
};

export type Settings = {
  appUrl: string;
  host: string;
  port: number;
  dataFolder: string;
  storeHost: string;
  storePort: number;
  /** The built-in store answers 501 to POST Object, as some stores elsewhere do. */
  storeRefusesPost: boolean;
  /** undefined only before the supervisor has filled it in. */
  authSecret: string | undefined;
  trustedProxies: string[];
  logLevel: Variables["LOG_LEVEL"];
  databaseUrl: string | undefined;
  databasePool: number;
  databasePrepare: boolean;
  /** Requests that the web process works on at once. */
  requestsMax: number;
  bucket: BucketSettings | undefined;
  delivery: DeliverySettings;
  /** What originals and renditions are stored with; presigned addresses say their own. */
  mediaCacheControl: string;
  /** Where scripts, styles and public files come from, without a trailing slash; undefined: from the site itself. */
  staticUrl: string | undefined;
  visibilities: Visibility[];
  /** What feeds and search engines are told of every public picture. */
  openWeb: { license: string | undefined; credit: string | undefined };
  uploads: {
    bytesMax: number;
    videoBytesMax: number;
    policySeconds: number;
    graceSeconds: number;
    ageSecondsMax: number;
    openMax: number;
    dayMax: number;
    exactSize: boolean;
    /** How files travel that are not above the threshold; "auto" asks the store once. */
    transport: Variables["S3_UPLOAD_TRANSPORT"];
    /** Bytes above which a file travels in parts. */
    multipartThreshold: number;
  };
  /** Bytes a new account may keep; 0 means no limit. */
  quotaBytes: number;
  trashSeconds: number;
  /** Hours between backups into the bucket; 0 for none. */
  backups: { everyHours: number; keep: number };
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

/**
 * Parses an environment. Empty strings count as not set. `fileNames` are those of the .env file, where every name has
 * to be known. Throws SettingsError naming every broken variable.
 */
export function parseSettings(
  env: Record<string, string | undefined>,
  fileNames: readonly string[] = [],
): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const problems = unknownNames(variableNames, given, fileNames);
  const parsed = shape.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join(".")} ${issue.message}.`);
    throw new SettingsError(problems);
  }
  const v = parsed.data;
  const { key, problem } = privateKey(v);
  problems.push(...(problem === undefined ? [] : [problem]), ...contradictions(v, { key, given }));
  if (problems.length > 0) throw new SettingsError(problems);

  return {
    appUrl: v.APP_URL ?? `http://localhost:${v.PORT}`,
    host: v.HOST,
    port: v.PORT,
    dataFolder: path.resolve(v.TINTYPE_DATA),
    storeHost: v.TINTYPE_STORE_HOST ?? v.HOST,
    storePort: v.TINTYPE_STORE_PORT,
    storeRefusesPost: v.TINTYPE_STORE_REFUSE_POST,
    authSecret: v.AUTH_SECRET,
    trustedProxies: listOf(v.TRUSTED_PROXIES),
    logLevel: v.LOG_LEVEL,
    databaseUrl: v.DATABASE_URL,
    databasePool: v.DATABASE_POOL,
    databasePrepare: v.DATABASE_PREPARE,
    requestsMax: v.REQUESTS_MAX,
    bucket: bucketOf(v),
    delivery: deliveryOf(v, key),
    mediaCacheControl: v.MEDIA_CACHE_CONTROL,
    staticUrl: v.STATIC_URL,
    visibilities: visibilities.filter((visibility) => listOf(v.MEDIA_VISIBILITIES).includes(visibility)),
    openWeb: { license: v.GALLERY_LICENSE_URL, credit: v.GALLERY_CREDIT },
    uploads: {
      bytesMax: v.UPLOAD_MAX_BYTES,
      videoBytesMax: v.UPLOAD_VIDEO_MAX_BYTES,
      policySeconds: v.UPLOAD_POLICY_TTL,
      graceSeconds: v.UPLOAD_GRACE,
      ageSecondsMax: v.UPLOAD_MAX_AGE,
      openMax: v.UPLOAD_OPEN_MAX,
      dayMax: v.UPLOAD_DAY_MAX,
      exactSize: v.UPLOAD_EXACT_SIZE,
      transport: v.S3_UPLOAD_TRANSPORT,
      multipartThreshold: v.S3_MULTIPART_THRESHOLD,
    },
    quotaBytes: v.QUOTA_BYTES,
    trashSeconds: v.TRASH_SECONDS,
    // A bucket that anybody may read is no place for accounts, unless somebody says so.
    backups: { everyHours: v.BACKUP_EVERY ?? (v.MEDIA_URL_MODE === "public" ? 0 : 24), keep: v.BACKUP_KEEP },
    worker: { concurrency: v.WORKER_CONCURRENCY, pixels: v.WORKER_PIXELS },
  };
}

function bucketOf(v: Variables): BucketSettings | undefined {
  if (v.S3_BUCKET === undefined || v.S3_REGION === undefined) return undefined;
  return {
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
    encryption: v.S3_SSE === undefined ? undefined : { method: v.S3_SSE, keyId: v.S3_SSE_KMS_KEY_ID },
    storageClass: v.S3_STORAGE_CLASS,
    attemptsMax: v.S3_MAX_ATTEMPTS,
    timeoutMs: v.S3_TIMEOUT_MS,
    checksums: v.S3_CHECKSUMS,
  };
}

const deliveryOf = (v: Variables, key: string | undefined): DeliverySettings => ({
  mode: v.MEDIA_URL_MODE,
  windowSeconds: v.MEDIA_URL_WINDOW,
  publicBase: v.MEDIA_PUBLIC_BASE_URL,
  cloudfront:
    v.CLOUDFRONT_KEY_PAIR_ID === undefined || key === undefined
      ? undefined
      : { keyPairId: v.CLOUDFRONT_KEY_PAIR_ID, privateKey: key, cookieDomain: v.CLOUDFRONT_COOKIE_DOMAIN },
});

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
