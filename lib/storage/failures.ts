/** What the answers of a store mean for those who asked: the vendor's errors end here. */
import { StorageError } from "./port.ts";

type Failure = { name: string; status: number | undefined };

/** What an SDK error says, without knowing its classes: a proxy's 503 page has none. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "unknown", status: undefined };
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: error.name, status: typeof status === "number" ? status : undefined };
}

const silent = "nothing answers";
/** What did not even become an answer, by the code of the system or the name the SDK gives. */
const unanswered: Record<string, string> = {
  ECONNREFUSED: silent,
  EHOSTUNREACH: silent,
  ENETUNREACH: silent,
  ETIMEDOUT: silent,
  TimeoutError: "the answer took too long",
  AbortError: "the answer took too long",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name of the host cannot be looked up",
  ECONNRESET: "the connection was cut off",
  EPIPE: "the connection was cut off",
  EPROTO: "what answers does not speak https",
  ERR_SSL_WRONG_VERSION_NUMBER: "what answers does not speak https",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted; set NODE_EXTRA_CA_CERTS to its authority",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted; set NODE_EXTRA_CA_CERTS to its authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted; set NODE_EXTRA_CA_CERTS to its authority",
};
const denials: Record<string, string> = {
  InvalidAccessKeyId: "the store does not know this access key; check S3_ACCESS_KEY_ID",
  SignatureDoesNotMatch: "the secret does not belong to the access key; check S3_SECRET_ACCESS_KEY",
  ExpiredToken: "the credentials have expired",
  RequestTimeTooSkewed: "the clocks of this machine and of the store differ too much",
};
const conflicts: Record<string, string> = {
  BucketAlreadyExists: "someone else has a bucket of this name; choose another",
  BucketNotEmpty: "there are still objects in it",
  InvalidPart: "a part is missing or is not the one that was stored",
  InvalidPartOrder: "the parts are not in order",
};
const elsewhere = "it is in another region; check S3_REGION";
/** Refusals that say what to change. */
const faults: Record<string, string> = {
  AuthorizationHeaderMalformed: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  InvalidBucketName: "its name breaks the rules for names; check S3_BUCKET",
  InvalidLocationConstraint: "the store does not know this region; check S3_REGION",
  PermanentRedirect: elsewhere,
  TooManyBuckets: "this account may not have any more buckets",
};
const nameless = ["Error", "AggregateError", "unknown"];

/** Why there was no answer at all, with the code to look for: never the bare "Error" or "AggregateError". */
function noAnswer(error: unknown): string {
  if (!(error instanceof Error)) return "the reason is unknown";
  // The SDK tries the IPv4 and the IPv6 address of a host; each has its own error inside.
  const inner: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const text = (key: string): string | undefined => {
    const value = typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined;
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  if (/^(Credentials|Token)ProviderError$/.test(error.name)) {
    // A profile that is there and does not work: that its session has ended, and how to begin another.
    const reason = (error.message.split("\n")[0] ?? "").replace(/\.$/, "");
    const why = reason === "" || /^Could not load credentials/.test(reason) ? "" : ` (${reason})`;
    return `no credentials were found${why}; set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give this machine an AWS profile or role`;
  }
  const code = text("code") ?? (nameless.includes(error.name) ? undefined : error.name);
  const host = text("hostname") ?? text("address");
  const port = text("port");
  const where =
    host === undefined
      ? ""
      : ` at ${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
  const why =
    unanswered[code ?? ""] ?? (error.message.split("\n")[0]?.replace(/\.$/, "") || "there was no answer");
  return `${why}${where}${code === undefined ? "" : ` (${code})`}`;
}

/** What a failed piece of work means to whoever asked for it. */
export function storageError(error: unknown, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const { name, status } = failureOf(error);
  const fail = (code: StorageError["code"], why: string): StorageError =>
    new StorageError(code, `The bucket could not ${doing}: ${why}.`, { cause: error });
  if (status === 412 || status === 409 || conflicts[name] !== undefined)
    return fail("conflict", conflicts[name] ?? "there is already another object or operation");
  if (status === 401 || status === 403)
    return fail(
      "denied",
      denials[name] ??
        `access was denied (${/^\d|^Unknown/.test(name) ? status : name}); check the access key and what it may do`,
    );
  if (status === 301) return fail("unavailable", elsewhere);
  if (name === "NoSuchUpload") return fail("not_found", "there is no such upload in parts any more");
  if (name === "NoSuchKey") return fail("not_found", "there is no such object any more");
  if (name === "NoSuchBucket") return fail("not_found", "there is no such bucket; check S3_BUCKET");
  if (status === 501 || status === 405 || name === "NotImplemented")
    return fail("unsupported", "the store does not have this operation");
  if (status === 400 && (name === "EntityTooLarge" || name === "EntityTooSmall"))
    return fail("too_large", name);
  if (status === 416) return fail("too_large", "the object ends before the bytes that were asked for");
  return fail(
    "unavailable",
    status === undefined ? noAnswer(error) : (faults[name] ?? `the store answered ${status} (${name})`),
  );
}

/** Runs a piece of work on the bucket; whatever fails in it leaves as a StorageError that says what was being done. */
export async function asking<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
}

/** A missing object, not a missing bucket: the two must never be confused (R-33). */
export const isAbsent = (error: unknown): boolean => {
  const { name, status } = failureOf(error);
  return status === 404 && name !== "NoSuchBucket";
};

export const isUnsupported = (error: unknown): boolean =>
  error instanceof StorageError && error.code === "unsupported";

const ownHeader = /^(x-amz|etag$|x-goog)/;

/**
 * A page of HTML in place of an answer: a console, a web site, a proxy that does not know where the store is. Its 404
 * is not "absent" and its 200 is not "stored" (R-33). Stores say who they are even where an object is HTML itself.
 */
export function isPage(status: number, headers: Record<string, string | string[] | undefined>): boolean {
  if (status !== 404 && (status >= 300 || status === 204)) return false;
  const names = Object.keys(headers);
  const text = (name: string): string =>
    String(headers[names.find((one) => one.toLowerCase() === name) ?? ""] ?? "");
  return (
    /^text\/html\b/i.test(text("content-type")) &&
    text("content-length") !== "0" &&
    !names.some((name) => ownHeader.test(name.toLowerCase()))
  );
}

export const pageInstead = (host: string): StorageError =>
  new StorageError(
    "unavailable",
    `What answers at ${host} is not an S3 store: it sent a page of HTML; check S3_ENDPOINT.`,
  );
