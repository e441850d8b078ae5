/**
 * Signs GET URLs with AWS Signature Version 4 in the query, byte for byte as the AWS SDK's presigner does
 * (docs.aws.amazon.com, "Authenticating requests: using query parameters"), but synchronously and with everything
 * that is the same for a whole window computed once.
 */
import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
export type Signer = (key: string, at: Date, response: Record<string, string>) => string;

const sha256 = (text: string): string => hash("sha256", text, "hex");
const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** RFC 3986: encodeURIComponent leaves !'()* alone, which the store does not. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
/** A key as it stands in an address (A-50): keys of other programs hold spaces, %, + and any alphabet. */
export const encodePath = (key: string): string => key.split("/").map(encode).join("/");

/** `20260131T235959Z` */
const amzDate = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, "");

/**
 * A signer for one bucket. `base` is the URL in front of every key, without a trailing slash;
 * `expiresIn` in seconds, at most seven days.
 */
export function signer(options: {
  base: string;
  region: string;
  credentials: Credentials;
  expiresIn: number;
}): Signer {
  const { region, credentials, expiresIn } = options;
  const base = new URL(options.base);
  const prefix = base.pathname.replace(/\/$/, "");
  const windows = new Map<string, { scope: string; head: string; dayKey: KeyObject }>();

  const windowAt = (date: string): { scope: string; head: string; dayKey: KeyObject } => {
    const known = windows.get(date);
    if (known !== undefined) return known;
    const day = date.slice(0, 8);
    const scope = `${day}/${region}/s3/aws4_request`;
    // A key of bytes is examined and copied at every use, which costs five times what the rest of a signature does.
    const dayKey = createSecretKey(
      hmac(hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, day), region), "s3"), "aws4_request"),
    );
    const head = [
      "X-Amz-Algorithm=AWS4-HMAC-SHA256",
      "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
      `X-Amz-Credential=${encode(`${credentials.accessKeyId}/${scope}`)}`,
      `X-Amz-Date=${date}`,
      `X-Amz-Expires=${expiresIn}`,
      ...(credentials.sessionToken === undefined
        ? []
        : [`X-Amz-Security-Token=${encode(credentials.sessionToken)}`]),
    ].join("&");
    // A window has a handful of phases; older ones are never asked for again.
    if (windows.size > 256) windows.clear();
    windows.set(date, { scope, head, dayKey });
    return { scope, head, dayKey };
  };

  return (key, at, response) => {
    const date = amzDate(at);
    const { scope, head, dayKey } = windowAt(date);
    const tail = [
      "X-Amz-SignedHeaders=host",
      ...Object.keys(response)
        .sort()
        .map((name) => `${name}=${encode(response[name] ?? "")}`),
      "x-id=GetObject",
    ].join("&");
    const path = `${prefix}/${encodePath(key)}`;
    const request = `GET\n${path}\n${head}&${tail}\nhost:${base.host}\n\nhost\nUNSIGNED-PAYLOAD`;
    const signature = createHmac("sha256", dayKey)
      .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(request)}`)
      .digest("hex");
    return `${base.origin}${path}?${head}&X-Amz-Signature=${signature}&${tail}`;
  };
}
