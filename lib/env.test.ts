import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parseSettings, SettingsError, variableNames } from "#lib/env.ts";

const problemsOf = (env: Record<string, string>): string[] => {
  try {
    parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
};

const bucket = { S3_BUCKET: "pictures", S3_REGION: "eu-central-1" };
const cdn = {
  MEDIA_URL_MODE: "cloudfront",
  MEDIA_PUBLIC_BASE_URL: "https://cdn.example",
  CLOUDFRONT_KEY_PAIR_ID: "K123",
  CLOUDFRONT_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----",
};

/** What shells, npm, CI, Docker, Kubernetes and systemd set, and what other programs call theirs. */
const others = [
  ..."PWD OLDPWD HOSTNAME HOSTTYPE MACHTYPE OSTYPE LOGNAME USER USERNAME HOME SHELL SHLVL TERM TERM_PROGRAM COLORTERM".split(
    " ",
  ),
  ..."LANG LANGUAGE LC_ALL TZ DISPLAY EDITOR PAGER MAIL LS_COLORS DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR _".split(
    " ",
  ),
  ..."SSH_CLIENT SSH_CONNECTION SSH_TTY SUDO_USER SUDO_UID TMPDIR HOSTS PORTS SPORT".split(" "),
  ..."npm_package_name npm_lifecycle_event npm_config_loglevel npm_execpath INIT_CWD NODE NODE_ENV NODE_OPTIONS".split(
    " ",
  ),
  ..."CI CI_JOB_ID CI_PROJECT_URL CI_SERVER_PORT CI_SERVER_HOST GITHUB_ACTIONS GITHUB_TOKEN RUNNER_OS JOB_URL BUILD_URL".split(
    " ",
  ),
  ..."DOCKER_HOST COMPOSE_PROJECT_NAME KUBERNETES_PORT KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT_HTTPS".split(
    " ",
  ),
  ..."INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET LISTEN_FDS MAINPID STATE_DIRECTORY CREDENTIALS_DIRECTORY".split(
    " ",
  ),
  ..."API_URL APP_ENV APP_NAME WEB_URL BASE_URL DB_URL REDIS_URL DATABASE_HOST DATABASE_NAME DATABASE_URL_UNPOOLED".split(
    " ",
  ),
  ..."R2_BUCKET GS_BUCKET R2_ACCESS_KEY_ID AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN".split(
    " ",
  ),
  ..."LOGLEVEL RUST_LOG_LEVEL DD_LOG_LEVEL JWT_SECRET OAUTH_SECRET NO_PROXY HTTPS_PROXY VIRTUAL_HOST GHOST PGHOST PGPORT".split(
    " ",
  ),
];

/** Each refused environment, and the variable its sentence has to name. */
const refusals: [title: string, env: Record<string, string>, named: string][] = [
  ["an unknown S3 variable", { S3_BUKET: "pictures" }, "S3_BUKET"],
  ["an unknown MEDIA variable", { MEDIA_MODE: "public" }, "MEDIA_MODE"],
  ["an unknown CLOUDFRONT variable", { CLOUDFRONT_KEY: "x" }, "CLOUDFRONT_KEY"],
  ["an unknown UPLOAD variable", { UPLOAD_MAXIMUM: "1" }, "UPLOAD_MAXIMUM"],
  ["an unknown TINTYPE variable", { TINTYPE_DATEN: "/srv" }, "TINTYPE_DATEN"],
  ["an unknown WORKER variable", { WORKER_THREADS: "4" }, "WORKER_THREADS"],
  ["a TRASH variable with a slip", { TRASH_SECOND: "3" }, "TRASH_SECONDS"],
  ["a QUOTA variable with a slip", { QUOTA_BYTE: "3" }, "QUOTA_BYTES"],
  ["an APP_URL without its underscore", { APPURL: "x" }, "APP_URL"],
  ["letters in the wrong order", { PROT: "3000" }, "PORT"],
  ["a slip in the first word", { TINYTPE_DATA: "/srv" }, "TINTYPE_DATA"],
  ["two slips in a long name", { DATABSE_ULR: "x" }, "DATABASE_URL"],
  ["small letters", { database_url: "x" }, "DATABASE_URL"],
  ["more than the secret", { AUTH_SECRET_KEY: "x" }, "AUTH_SECRET_KEY"],
  ["an address with a path", { APP_URL: "https://photos.example/album" }, "APP_URL"],
  ["an address with a query", { APP_URL: "https://photos.example?a=b" }, "APP_URL"],
  ["an address with a fragment", { APP_URL: "https://photos.example/#top" }, "APP_URL"],
  ["an address with a user name", { APP_URL: "https://ann@photos.example" }, "APP_URL"],
  ["a quota of nothing but a space", { QUOTA_BYTES: " " }, "QUOTA_BYTES"],
  ["an address that is not one", { APP_URL: "photos.example" }, "APP_URL"],
  ["an address that is not http", { APP_URL: "ftp://photos.example" }, "APP_URL"],
  ["a port that is not a number", { PORT: "http" }, "PORT"],
  ["a port above 65535", { PORT: "70000" }, "PORT"],
  ["port 0", { PORT: "0" }, "PORT"],
  ["a store port that is not one", { TINTYPE_STORE_PORT: "-1" }, "TINTYPE_STORE_PORT"],
  ["a short secret", { AUTH_SECRET: "short" }, "AUTH_SECRET"],
  ["an unknown log level", { LOG_LEVEL: "loud" }, "LOG_LEVEL"],
  ["a database that is not Postgres", { DATABASE_URL: "mysql://host/db" }, "DATABASE_URL"],
  ["a pool of one connection", { DATABASE_POOL: "1" }, "DATABASE_POOL"],
  ["a bucket name with capitals", { ...bucket, S3_BUCKET: "Pictures" }, "S3_BUCKET"],
  ["a bucket name of two letters", { ...bucket, S3_BUCKET: "ab" }, "S3_BUCKET"],
  ["a bucket without its region", { S3_BUCKET: "pictures" }, "S3_REGION"],
  ["a region without its bucket", { S3_REGION: "eu-central-1" }, "S3_BUCKET"],
  ["an access key without its secret", { ...bucket, S3_ACCESS_KEY_ID: "a" }, "S3_SECRET_ACCESS_KEY"],
  ["a secret without its access key", { ...bucket, S3_SECRET_ACCESS_KEY: "a" }, "S3_ACCESS_KEY_ID"],
  ["a session token without keys", { ...bucket, S3_SESSION_TOKEN: "a" }, "S3_SESSION_TOKEN"],
  ["an endpoint without a bucket", { S3_ENDPOINT: "https://s3.example" }, "S3_ENDPOINT"],
  ["keys without a bucket", { S3_ACCESS_KEY_ID: "a", S3_SECRET_ACCESS_KEY: "b" }, "S3_ACCESS_KEY_ID"],
  ["path style without a bucket", { S3_FORCE_PATH_STYLE: "true" }, "S3_FORCE_PATH_STYLE"],
  [
    "path style that is neither yes nor no",
    { ...bucket, S3_FORCE_PATH_STYLE: "maybe" },
    "S3_FORCE_PATH_STYLE",
  ],
  ["http to a store elsewhere", { ...bucket, S3_ENDPOINT: "http://s3.example" }, "S3_ENDPOINT"],
  [
    "http for browsers to a store elsewhere",
    { S3_PUBLIC_ENDPOINT: "http://s3.example" },
    "S3_PUBLIC_ENDPOINT",
  ],
  ["a prefix with a leading slash", { ...bucket, S3_PREFIX: "/tintype" }, "S3_PREFIX"],
  ["a prefix that climbs out", { ...bucket, S3_PREFIX: "../other" }, "S3_PREFIX"],
  ["an encryption S3 does not know", { ...bucket, S3_SSE: "rot13" }, "S3_SSE"],
  ["encryption without a bucket", { S3_SSE: "AES256" }, "S3_SSE"],
  ["a KMS key without KMS", { ...bucket, S3_SSE: "AES256", S3_SSE_KMS_KEY_ID: "k" }, "S3_SSE_KMS_KEY_ID"],
  [
    "a KMS key of two lines",
    { ...bucket, S3_SSE: "aws:kms", S3_SSE_KMS_KEY_ID: "k\nx: y" },
    "S3_SSE_KMS_KEY_ID",
  ],
  ["a storage class in small letters", { ...bucket, S3_STORAGE_CLASS: "cheap" }, "S3_STORAGE_CLASS"],
  ["a storage class that sleeps", { ...bucket, S3_STORAGE_CLASS: "DEEP_ARCHIVE" }, "S3_STORAGE_CLASS"],
  ["a storage class without a bucket", { S3_STORAGE_CLASS: "STANDARD_IA" }, "S3_STORAGE_CLASS"],
  ["no try at all", { S3_MAX_ATTEMPTS: "0" }, "S3_MAX_ATTEMPTS"],
  ["a wait too short for any store", { S3_TIMEOUT_MS: "10" }, "S3_TIMEOUT_MS"],
  ["checksums sometimes", { S3_CHECKSUMS: "sometimes" }, "S3_CHECKSUMS"],
  [
    "keys and a profile at once",
    { ...bucket, S3_ACCESS_KEY_ID: "a", S3_SECRET_ACCESS_KEY: "b", AWS_PROFILE: "work" },
    "AWS_PROFILE",
  ],
  ["a cache rule of two lines", { MEDIA_CACHE_CONTROL: "private\nx: y" }, "MEDIA_CACHE_CONTROL"],
  ["a static address with a query", { STATIC_URL: "https://cdn.example/static?v=1" }, "STATIC_URL"],
  ["a static address that is a path", { STATIC_URL: "/static" }, "STATIC_URL"],
  ["a static address with a user name", { STATIC_URL: "https://ann:x@cdn.example" }, "STATIC_URL"],
  ["no visibility at all", { MEDIA_VISIBILITIES: " , " }, "MEDIA_VISIBILITIES"],
  [
    "http scripts for an https site",
    { APP_URL: "https://a.example", S3_PUBLIC_ENDPOINT: "https://b.example", STATIC_URL: "http://c.example" },
    "STATIC_URL",
  ],
  ["an unknown STATIC_URL", { STATIC_URLS: "https://cdn.example" }, "STATIC_URL"],
  ["an unknown way of delivery", { MEDIA_URL_MODE: "carrier-pigeon" }, "MEDIA_URL_MODE"],
  ["a window below a minute", { MEDIA_URL_WINDOW: "59" }, "MEDIA_URL_WINDOW"],
  ["two windows above seven days (R-64)", { MEDIA_URL_WINDOW: "302401" }, "MEDIA_URL_WINDOW"],
  ["an unknown visibility", { MEDIA_VISIBILITIES: "private,secret" }, "MEDIA_VISIBILITIES"],
  ["a CDN without its address", { ...cdn, MEDIA_PUBLIC_BASE_URL: "" }, "MEDIA_PUBLIC_BASE_URL"],
  ["a CDN key pair without its key", { ...cdn, CLOUDFRONT_PRIVATE_KEY: "" }, "CLOUDFRONT_PRIVATE_KEY"],
  ["a CDN key without its pair", { ...cdn, CLOUDFRONT_KEY_PAIR_ID: "" }, "CLOUDFRONT_KEY_PAIR_ID"],
  [
    "a key file that is not there",
    { CLOUDFRONT_PRIVATE_KEY_FILE: "/nowhere.pem" },
    "CLOUDFRONT_PRIVATE_KEY_FILE",
  ],
  [
    "public delivery without an address",
    { MEDIA_URL_MODE: "public", MEDIA_VISIBILITIES: "public" },
    "MEDIA_PUBLIC_BASE_URL",
  ],
  [
    "public delivery while pictures may be private (R-60)",
    { MEDIA_URL_MODE: "public", MEDIA_PUBLIC_BASE_URL: "https://cdn.example" },
    "MEDIA_VISIBILITIES",
  ],
  ["files above 5 GB", { UPLOAD_MAX_BYTES: String(5 * 1024 ** 3 + 1) }, "UPLOAD_MAX_BYTES"],
  ["a policy of less than a minute", { UPLOAD_POLICY_TTL: "59" }, "UPLOAD_POLICY_TTL"],
  ["a policy of more than an hour", { UPLOAD_POLICY_TTL: "3601" }, "UPLOAD_POLICY_TTL"],
  ["no grace at all", { UPLOAD_GRACE: "0" }, "UPLOAD_GRACE"],
  ["an upload that may take forever", { UPLOAD_MAX_AGE: "9999999" }, "UPLOAD_MAX_AGE"],
  ["no uploads at a time", { UPLOAD_OPEN_MAX: "0" }, "UPLOAD_OPEN_MAX"],
  ["no uploads a day", { UPLOAD_DAY_MAX: "0" }, "UPLOAD_DAY_MAX"],
  ["exactness that is neither yes nor no", { UPLOAD_EXACT_SIZE: "nearly" }, "UPLOAD_EXACT_SIZE"],
  ["a negative quota", { QUOTA_BYTES: "-1" }, "QUOTA_BYTES"],
  ["trash kept for a negative time", { TRASH_SECONDS: "-1" }, "TRASH_SECONDS"],
  ["no work at a time", { WORKER_CONCURRENCY: "0" }, "WORKER_CONCURRENCY"],
  ["too few pixels to work with", { WORKER_PIXELS: "1000" }, "WORKER_PIXELS"],
  ["a proxy by name", { TRUSTED_PROXIES: "proxy.example" }, "TRUSTED_PROXIES"],
  ["a proxy network that is none", { TRUSTED_PROXIES: "10.0.0.0/33" }, "TRUSTED_PROXIES"],
];

for (const [title, env, named] of refusals)
  test(`refuses ${title}, naming ${named} (R-84)`, () => {
    const problems = problemsOf(env);
    assert.ok(
      problems.some((problem) => problem.includes(named)),
      `${JSON.stringify(problems)} does not name ${named}`,
    );
    for (const problem of problems) {
      assert.match(problem, /^[A-Za-z0-9_=]+ (and|in|is|must|names|needs|would)\b.*\.$/);
      assert.doesNotMatch(problem, /invalid|NaN|expected|received|undefined/i, "a library speaks");
    }
  });

test("names every broken variable at once, a sentence each (R-84)", () => {
  const problems = problemsOf({ S3_BUKET: "x", PORT: "x", LOG_LEVEL: "x" });
  assert.equal(problems.length, 3);
  for (const problem of problems) assert.match(problem, /^[A-Z0-9_]+\b.*\.$/);
});

test("runs without any setting, on loopback only (R-84)", () => {
  const settings = parseSettings({});
  assert.equal(settings.host, "127.0.0.1");
  assert.equal(settings.storeHost, "127.0.0.1");
  assert.equal(settings.appUrl, "http://localhost:3000");
  assert.equal(settings.bucket, undefined);
  assert.equal(settings.databaseUrl, undefined);
  assert.ok(path.isAbsolute(settings.dataFolder));
});

test("takes an empty variable for one that is not set", () => {
  assert.deepEqual(parseSettings({ S3_BUCKET: "", S3_REGION: "", PORT: "" }), parseSettings({}));
});

test("leaves the variables of other programs alone", () => {
  assert.deepEqual(
    problemsOf({ PATH: "/bin", AWS_REGION: "x", POSTGRES_PASSWORD: "x", npm_config_x: "y" }),
    [],
  );
  assert.deepEqual(problemsOf(Object.fromEntries(others.map((name) => [name, "x"]))), []);
  assert.deepEqual(
    problemsOf({
      TINTYPE_PORT: "tcp://10.0.0.1:80",
      TINTYPE_SERVICE_HOST: "10.0.0.1",
      WORKER_SERVICE_PORT: "80",
      MEDIA_SERVICE_PORT_HTTP: "80",
      S3_PORT_9000_TCP: "tcp://10.0.0.2:9000",
      S3_PORT_9000_TCP_ADDR: "10.0.0.2",
    }),
    [],
    "addresses Kubernetes gives to every container",
  );
});

test("knows every name in .env, and lets the SDK and Node have theirs there (R-84)", () => {
  const problemsOfFile = (...names: string[]): string[] => {
    try {
      parseSettings({}, names);
    } catch (error) {
      if (error instanceof SettingsError) return error.problems;
      throw error;
    }
    return [];
  };
  assert.match(problemsOfFile("PORT", "GREETING").join(), /^GREETING in \.env is not a setting of Tintype\./);
  assert.match(problemsOfFile("TRASH_SECOND").join(), /^TRASH_SECOND in \.env .* TRASH_SECONDS\?/);
  assert.deepEqual(problemsOfFile(...variableNames, "AWS_PROFILE", "NODE_OPTIONS", "TZ", "HTTPS_PROXY"), []);
});

test("takes the address apart from how it was written", () => {
  assert.equal(parseSettings({ APP_URL: "https://Photos.example:443/" }).appUrl, "https://photos.example");
  assert.equal(parseSettings({ APP_URL: "http://[::1]:3000" }).appUrl, "http://[::1]:3000");
});

test("lets browsers reach the built-in store by https through a proxy", () => {
  assert.deepEqual(problemsOf({ APP_URL: "https://a.example", S3_PUBLIC_ENDPOINT: "https://b.example" }), []);
});

test("allows http to a store in a trusted network when told so, and to this machine always", () => {
  assert.deepEqual(problemsOf({ ...bucket, S3_ENDPOINT: "http://s3.lan", S3_ALLOW_HTTP: "true" }), []);
  assert.deepEqual(problemsOf({ ...bucket, S3_ENDPOINT: "http://127.0.0.1:9000" }), []);
});

test("uses path style with an endpoint and host style on AWS, unless told", () => {
  assert.equal(parseSettings(bucket).bucket?.forcePathStyle, false);
  assert.equal(parseSettings({ ...bucket, S3_ENDPOINT: "https://s3.example" }).bucket?.forcePathStyle, true);
  assert.equal(parseSettings({ ...bucket, S3_FORCE_PATH_STYLE: "true" }).bucket?.forcePathStyle, true);
});

test("takes what every write asks for from the settings, and leaves it to the bucket otherwise (§4.1)", () => {
  const plain = parseSettings(bucket).bucket;
  assert.deepEqual(
    [plain?.encryption, plain?.storageClass, plain?.attemptsMax, plain?.timeoutMs, plain?.checksums],
    [undefined, undefined, 3, 30_000, "when_required"],
  );
  const told = parseSettings({
    ...bucket,
    S3_SSE: "aws:kms",
    S3_SSE_KMS_KEY_ID: "arn:aws:kms:ap-northeast-2:1:key/2",
    S3_STORAGE_CLASS: "INTELLIGENT_TIERING",
    S3_MAX_ATTEMPTS: "7",
    S3_TIMEOUT_MS: "5000",
    S3_CHECKSUMS: "when_supported",
    MEDIA_CACHE_CONTROL: "public, max-age=60",
  });
  assert.deepEqual(told.bucket?.encryption, {
    method: "aws:kms",
    keyId: "arn:aws:kms:ap-northeast-2:1:key/2",
  });
  assert.equal(told.bucket?.storageClass, "INTELLIGENT_TIERING");
  assert.deepEqual(
    [told.bucket?.attemptsMax, told.bucket?.timeoutMs, told.bucket?.checksums],
    [7, 5000, "when_supported"],
  );
  assert.equal(told.mediaCacheControl, "public, max-age=60");
});

test("takes a profile where there are no keys, and reads STATIC_URL without its last slash", () => {
  assert.deepEqual(problemsOf({ ...bucket, AWS_PROFILE: "work" }), []);
  assert.equal(parseSettings({ STATIC_URL: "https://cdn.example/s/" }).staticUrl, "https://cdn.example/s");
  assert.equal(parseSettings({}).staticUrl, undefined);
});

test("puts exactly one slash behind a prefix", () => {
  assert.equal(parseSettings({ ...bucket, S3_PREFIX: "tintype/prod" }).bucket?.location, "tintype/prod/");
  assert.equal(parseSettings({ ...bucket, S3_PREFIX: "tintype/" }).bucket?.location, "tintype/");
  assert.equal(parseSettings(bucket).bucket?.location, "");
});

test("reads a key whose line breaks are spelt out", () => {
  const key = parseSettings(cdn).delivery.cloudfront?.privateKey;
  assert.equal(key, "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----");
});

test(".env.example explains every setting in a sentence, and no other", () => {
  const text = readFileSync(path.join(import.meta.dirname, "..", ".env.example"), "utf8");
  const names = [...text.matchAll(/^#([A-Z0-9_]+)=/gm)].map((found) => found[1]);
  // As a list and not as a set: one that stands there twice is found, too.
  assert.deepEqual(names.sort(), [...variableNames, "TINTYPE_BUILD"].sort());
  assert.doesNotMatch(text, /^[^#\n]/m, "a copy of it would set something");
  for (const name of names)
    assert.match(text, new RegExp(`^# .*[.;].*\\n#${name}=`, "m"), `${name} is not explained`);
});
