/** Signature Version 4 in the headers, for any request of a bucket: what the doctor asks in the name of the credentials. */
import { createHash, createHmac } from "node:crypto";
import type { Credentials } from "../delivery/sigv4.ts";
import type { Asked } from "./ask.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
/** RFC 3986: encodeURIComponent leaves !'()* alone, which the store does not. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** `20260131T235959Z` */
export const amzDate = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, "");

/** The key that signs for one day in one region. */
export const dayKey = (secret: string, day: string, region: string): Buffer =>
  [day, region, "s3", "aws4_request"].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));

export type Unsigned = {
  method: string;
  /** The bucket's address, without a trailing slash. */
  base: string;
  /** The whole key in the bucket; "" is the bucket itself. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array;
};

/** The address of a request. */
export function addressOf({ base, key = "", query = {} }: Omit<Unsigned, "method">): string {
  const search = Object.keys(query)
    .sort()
    .map((name) => `${encode(name)}=${encode(query[name] ?? "")}`)
    .join("&");
  const path = key.split("/").map(encode).join("/");
  return `${base}/${path}${search === "" ? "" : `?${search}`}`;
}

/** The same request, signed at `now` for `region`. */
export function signed(
  request: Unsigned,
  by: { credentials: Credentials; region: string; now?: Date },
): Asked {
  const { credentials, region, now = new Date() } = by;
  const url = addressOf(request);
  const target = new URL(url);
  const payload = sha256(request.body ?? "");
  const date = amzDate(now);
  const headers: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    host: target.host,
    "x-amz-content-sha256": payload,
    "x-amz-date": date,
    ...(credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    target.pathname,
    target.search.slice(1),
    names.map((name) => `${name}:${headers[name]?.trim()}\n`).join(""),
    names.join(";"),
    payload,
  ].join("\n");
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const signature = hmac(
    dayKey(credentials.secretAccessKey, date.slice(0, 8), region),
    ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n"),
  ).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return {
    method: request.method,
    url,
    headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

/** A form's policy changed and signed anew, as if we had promised something else; for what a store must refuse. */
export function resigned(
  fields: Record<string, string>,
  change: (policy: { expiration: string; conditions: unknown[] }) => unknown,
  by: { credentials: Credentials; region: string },
): Record<string, string> {
  const field = (name: string): [string, string] =>
    Object.entries(fields).find(([key]) => key.toLowerCase() === name) ?? [name, ""];
  const [policyName, policy] = field("policy");
  const [signatureName] = field("x-amz-signature");
  const day = field("x-amz-date")[1].slice(0, 8);
  const changed = Buffer.from(
    JSON.stringify(change(JSON.parse(Buffer.from(policy, "base64").toString("utf8")))),
  ).toString("base64");
  const signature = hmac(dayKey(by.credentials.secretAccessKey, day, by.region), changed).toString("hex");
  return { ...fields, [policyName]: changed, [signatureName]: signature };
}
