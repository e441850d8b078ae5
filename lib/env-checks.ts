/** What single variables cannot tell: whether they make sense together (R-84). One sentence for each that does not. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { Variables } from "./env.ts";
import { visibilities } from "./media.ts";

/** The parts of a list separated by commas; none of an empty text. */
export const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const isLoopback = (url: string): boolean =>
  ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname) ||
  new URL(url).hostname.endsWith(".localhost");

/** The key that signs for CloudFront, from its variable or its file. */
export function privateKey(v: Variables): { key?: string; problem?: string } {
  // One-line variables carry a PEM with \n spelt out; without this the key cannot be parsed.
  if (v.CLOUDFRONT_PRIVATE_KEY !== undefined)
    return { key: v.CLOUDFRONT_PRIVATE_KEY.replaceAll("\\n", "\n") };
  if (v.CLOUDFRONT_PRIVATE_KEY_FILE === undefined) return {};
  try {
    return { key: readFileSync(v.CLOUDFRONT_PRIVATE_KEY_FILE, "utf8") };
  } catch (cause) {
    return {
      problem: `CLOUDFRONT_PRIVATE_KEY_FILE names a file that cannot be read (${cause instanceof Error ? cause.message : "unknown reason"}).`,
    };
  }
}

/** `given` are all variables that are set, ours or not; `key` is CloudFront's. */
export const contradictions = (
  v: Variables,
  known: { key: string | undefined; given: Record<string, string | undefined> },
): string[] => [
  ...ofBucket(v),
  ...ofCredentials(v, known.given),
  ...ofAddresses(v),
  ...ofDelivery(v, known.key),
  ...ofProxies(v),
];

const half = (v: Variables, a: keyof Variables, b: keyof Variables): string[] =>
  (v[a] === undefined) === (v[b] === undefined)
    ? []
    : [`${a} and ${b} belong together: set both or neither.`];

function ofBucket(v: Variables): string[] {
  const needBucket = [
    "S3_ENDPOINT",
    "S3_ACCESS_KEY_ID",
    "S3_FORCE_PATH_STYLE",
    "S3_SSE",
    "S3_STORAGE_CLASS",
  ] as const;
  return [
    ...half(v, "S3_BUCKET", "S3_REGION"),
    ...needBucket
      .filter((name) => v[name] !== undefined && v.S3_BUCKET === undefined)
      .map((name) => `${name} is set but S3_BUCKET is not: name the bucket, or unset ${name}.`),
    ...(v.S3_SSE_KMS_KEY_ID !== undefined && !v.S3_SSE?.startsWith("aws:kms")
      ? ["S3_SSE_KMS_KEY_ID needs S3_SSE=aws:kms (or aws:kms:dsse)."]
      : []),
  ];
}

function ofCredentials(v: Variables, given: Record<string, string | undefined>): string[] {
  const problems = half(v, "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY");
  if (v.S3_SESSION_TOKEN !== undefined && v.S3_ACCESS_KEY_ID === undefined)
    problems.push("S3_SESSION_TOKEN is set but S3_ACCESS_KEY_ID is not: set both, or unset the token.");
  if (v.S3_ACCESS_KEY_ID !== undefined && given.AWS_PROFILE !== undefined)
    problems.push(
      "S3_ACCESS_KEY_ID and AWS_PROFILE are both set, and each would act as someone else: unset one of them.",
    );
  return problems;
}

function ofAddresses(v: Variables): string[] {
  const problems: string[] = [];
  for (const name of ["S3_ENDPOINT", "S3_PUBLIC_ENDPOINT"] as const) {
    const value = v[name];
    if (value?.startsWith("http:") && !isLoopback(value) && !v.S3_ALLOW_HTTP)
      problems.push(`${name} must be https (or set S3_ALLOW_HTTP=true for a network you trust).`);
  }
  if (v.STATIC_URL?.startsWith("http:") && v.APP_URL?.startsWith("https:"))
    problems.push("STATIC_URL must be https like APP_URL: browsers take no http script into an https page.");
  return problems;
}

function ofDelivery(v: Variables, key: string | undefined): string[] {
  const problems: string[] = [];
  const allowed = listOf(v.MEDIA_VISIBILITIES);
  const wrong = allowed.filter((text) => !visibilities.some((visibility) => visibility === text));
  if (allowed.length === 0)
    problems.push(`MEDIA_VISIBILITIES must name at least one of ${visibilities.join(", ")}.`);
  if (wrong.length > 0)
    problems.push(
      `MEDIA_VISIBILITIES must be a list of ${visibilities.join(", ")}; ${wrong.map((text) => `"${text}"`).join(", ")} is none of them.`,
    );
  if ((v.CLOUDFRONT_KEY_PAIR_ID === undefined) !== (key === undefined))
    problems.push("CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY belong together: set both or neither.");
  const showsPrivate = allowed.includes("private");
  const hasBase = v.MEDIA_PUBLIC_BASE_URL !== undefined;
  if (v.MEDIA_URL_MODE.startsWith("cloudfront") && (key === undefined || !hasBase))
    problems.push(
      "MEDIA_URL_MODE=cloudfront needs MEDIA_PUBLIC_BASE_URL, CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY.",
    );
  if (v.MEDIA_URL_MODE === "cloudfront-cookie" && v.CLOUDFRONT_COOKIE_DOMAIN === undefined)
    problems.push(
      "MEDIA_URL_MODE=cloudfront-cookie needs CLOUDFRONT_COOKIE_DOMAIN, the domain that the site and the CDN share, such as example.com.",
    );
  // One cookie opens every rendition to whoever has it and knows an address.
  if (v.MEDIA_URL_MODE === "cloudfront-cookie" && showsPrivate)
    problems.push(
      "MEDIA_URL_MODE=cloudfront-cookie would open private pictures to anyone who knows their address: set MEDIA_VISIBILITIES=unlisted,public, or use MEDIA_URL_MODE=cloudfront.",
    );
  if (v.MEDIA_URL_MODE === "public" && !hasBase)
    problems.push("MEDIA_URL_MODE=public needs MEDIA_PUBLIC_BASE_URL.");
  if (v.MEDIA_URL_MODE === "public" && showsPrivate)
    problems.push(
      "MEDIA_URL_MODE=public would show private pictures to anyone: set MEDIA_VISIBILITIES=unlisted,public.",
    );
  return problems;
}

const ofProxies = (v: Variables): string[] =>
  listOf(v.TRUSTED_PROXIES)
    .filter((proxy) => !isAddressOrNetwork(proxy))
    .map(
      (proxy) => `TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8; "${proxy}" is neither.`,
    );

function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
