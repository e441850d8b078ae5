/**
 * AWS Signature Version 4 as a server checks it (docs.aws.amazon.com, "Authenticating Requests"): in the
 * Authorization header and in the query. Form posts are in post-policy.ts, chunked bodies in chunked.ts.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { uriEncode, uriEncodePath } from "./encoding.ts";
import { queryValue, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export const algorithm = "AWS4-HMAC-SHA256";
export const unsignedPayload = "UNSIGNED-PAYLOAD";
export const emptySha256 = createHash("sha256").digest("hex");
const skewMsMax = 15 * 60_000;
export const expiresSecondsMax = 7 * 86_400;

/** Who may use the store, and the region that signatures must name. */
export type Keyring = {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** Taken beside `region`: clients that do not know yet where a bucket is sign for S3's first region. */
  otherRegion?: string;
};

/** The part of a request that a signature covers. */
export type Signable = Pick<S3Request, "method" | "path" | "query" | "headers">;

/** What a checked signature says about the body. */
export type Signed = {
  /** `x-amz-content-sha256`: a digest in hexadecimal, or one of S3's words. */
  payload: string;
  /** The signature, date, scope and key that the first chunk of a streamed body goes on from. */
  seed: { signature: string; date: string; scope: string; key: Buffer };
};

export const sha256Hex = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
export const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac("sha256", key).update(data).digest();

/** Compares without telling by its duration how much was right. */
export function sameText(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

const dayKeys = new Map<string, Buffer>();

/** The key that signs one day in one region; the four HMACs are done once a day. */
export function signingKey(keyring: Keyring, day: string, region = keyring.region): Buffer {
  const name = `${keyring.accessKeyId}/${region}/${day}/${keyring.secretAccessKey}`;
  const known = dayKeys.get(name);
  if (known !== undefined) return known;
  const key = hmac(hmac(hmac(hmac(`AWS4${keyring.secretAccessKey}`, day), region), "s3"), "aws4_request");
  if (dayKeys.size > 64) dayKeys.clear();
  dayKeys.set(name, key);
  return key;
}

/** `20260131T235959Z` to milliseconds; undefined for anything else. */
export function parseAmzDate(text: string): number | undefined {
  const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (m === null) return undefined;
  const ms = Date.parse(`${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

export type CredentialCode =
  | "AuthorizationHeaderMalformed"
  | "AuthorizationQueryParametersError"
  | "InvalidArgument";

/** Checks `<key id>/<day>/<region>/s3/aws4_request` and returns the scope without the key id. */
export function checkedScope(
  keyring: Keyring,
  credential: string,
  date: string,
  malformed: CredentialCode,
): string {
  const parts = credential.split("/");
  // A key id may hold slashes itself, so the scope is counted from the end.
  const [day = "", region = "", service = "", terminal = ""] = parts.slice(-4);
  if (parts.length < 5 || service !== "s3" || terminal !== "aws4_request")
    throw new S3Error(malformed, "The credential must be <key>/<day>/<region>/s3/aws4_request.");
  if (!sameText(parts.slice(0, -4).join("/"), keyring.accessKeyId))
    throw new S3Error(
      "InvalidAccessKeyId",
      "The AWS access key ID that you provided does not exist in our records.",
    );
  if (region !== keyring.region && region !== keyring.otherRegion)
    throw new S3Error(malformed, `The region '${region}' is wrong; expecting '${keyring.region}'`, {
      headers: { "x-amz-bucket-region": keyring.region },
      // What the clients of S3 read to sign again, for the right one.
      details: { Region: keyring.region },
    });
  if (day !== date.slice(0, 8))
    throw new S3Error(malformed, "The day of the credential is not the day of the signature.");
  return [day, region, service, terminal].join("/");
}

const canonicalQuery = (query: [string, string][]): string =>
  query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

function canonicalRequest(request: Signable, names: string[], payload: string): string {
  const lines = names.map(
    (name) => `${name}:${(request.headers.get(name) ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    uriEncodePath(request.path),
    canonicalQuery(request.query),
    lines.join(""),
    names.join(";"),
    payload,
  ].join("\n");
}

/** The signed header names; every x-amz-* header that was sent must be among them, or it could be added on the way. */
function checkedSignedHeaders(request: Signable, text: string): string[] {
  const names = text.split(";");
  if (!names.includes("host")) throw new S3Error("AccessDenied", "The host header must be signed.");
  for (const name of request.headers.keys())
    if (name.startsWith("x-amz-") && !names.includes(name))
      throw new S3Error(
        "AccessDenied",
        `There were headers present in the request which were not signed: ${name}`,
      );
  return names;
}

function verify(
  keyring: Keyring,
  request: Signable,
  parts: { scope: string; date: string; names: string[]; payload: string; signature: string },
): Signed {
  const [day = "", region] = parts.scope.split("/");
  const key = signingKey(keyring, day, region);
  const canonical = canonicalRequest(request, parts.names, parts.payload);
  const expected = hmac(key, [algorithm, parts.date, parts.scope, sha256Hex(canonical)].join("\n"));
  if (!sameText(parts.signature, expected.toString("hex")))
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  const { signature, date, scope, payload } = parts;
  return { payload, seed: { signature, date, scope, key } };
}

/** Session tokens belong to temporary credentials, and this store has none. */
function refuseToken(token: string | undefined): void {
  if (token !== undefined) throw new S3Error("InvalidToken", "This store has no temporary credentials.");
}

function checkHeader(keyring: Keyring, request: Signable, authorization: string, now: number): Signed {
  const malformed = new S3Error("AuthorizationHeaderMalformed", "The authorization header is malformed.");
  const m =
    /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})\s*$/.exec(
      authorization,
    );
  if (m === null) throw malformed;
  const [, credential = "", signedHeaders = "", signature = ""] = m;
  const date = request.headers.get("x-amz-date") ?? "";
  const at = parseAmzDate(date);
  if (at === undefined) throw new S3Error("AccessDenied", "A valid x-amz-date header is required.");
  const scope = checkedScope(keyring, credential, date, "AuthorizationHeaderMalformed");
  if (Math.abs(now - at) > skewMsMax)
    throw new S3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        details: {
          RequestTime: date,
          ServerTime: new Date(now).toISOString(),
          MaxAllowedSkewMilliseconds: String(skewMsMax),
        },
      },
    );
  refuseToken(request.headers.get("x-amz-security-token"));
  const payload = request.headers.get("x-amz-content-sha256");
  if (payload === undefined)
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  const names = checkedSignedHeaders(request, signedHeaders);
  return verify(keyring, request, { scope, date, names, payload, signature });
}

function checkQuery(keyring: Keyring, request: Signable, now: number): Signed {
  const value = (name: string): string => queryValue(request, name) ?? "";
  const wrong = (message: string): S3Error => new S3Error("AuthorizationQueryParametersError", message);
  if (value("X-Amz-Algorithm") !== algorithm) throw wrong(`X-Amz-Algorithm only supports "${algorithm}".`);
  const date = value("X-Amz-Date");
  const at = parseAmzDate(date);
  if (at === undefined) throw wrong('X-Amz-Date must be in the ISO8601 long format "yyyyMMddTHHmmssZ".');
  const scope = checkedScope(keyring, value("X-Amz-Credential"), date, "AuthorizationQueryParametersError");
  const expires = value("X-Amz-Expires");
  const seconds = /^\d{1,6}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > expiresSecondsMax)
    throw wrong(`X-Amz-Expires must be 1 to ${expiresSecondsMax} seconds.`);
  refuseToken(queryValue(request, "X-Amz-Security-Token"));
  const names = checkedSignedHeaders(request, value("X-Amz-SignedHeaders"));
  const payload =
    queryValue(request, "X-Amz-Content-Sha256") ??
    request.headers.get("x-amz-content-sha256") ??
    unsignedPayload;
  const signed = verify(keyring, request, {
    scope,
    date,
    names,
    payload,
    signature: value("X-Amz-Signature"),
  });
  if (at - now > skewMsMax) throw new S3Error("AccessDenied", "Request is not yet valid");
  if (now > at + seconds * 1000)
    throw new S3Error("AccessDenied", "Request has expired", {
      details: {
        "X-Amz-Expires": expires,
        Expires: new Date(at + seconds * 1000).toISOString(),
        ServerTime: new Date(now).toISOString(),
      },
    });
  return signed;
}

/** Checks who asks. Refuses anonymous requests too: nothing in this store is public. */
export function authenticate(keyring: Keyring, request: Signable, now = Date.now()): Signed {
  const authorization = request.headers.get("authorization");
  if (authorization?.startsWith("AWS "))
    throw new S3Error(
      "InvalidRequest",
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  const presigned = request.query.some(([name]) => name === "X-Amz-Signature" || name === "X-Amz-Algorithm");
  if (authorization !== undefined && presigned)
    throw new S3Error("InvalidArgument", "Only one auth mechanism allowed.");
  if (authorization !== undefined) return checkHeader(keyring, request, authorization, now);
  if (presigned) return checkQuery(keyring, request, now);
  throw new S3Error("AccessDenied", "Access Denied");
}
