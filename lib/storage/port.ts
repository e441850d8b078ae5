/**
 * The object port: what Tintype asks of a bucket. Every key is relative to the configured location, so that a
 * caller can neither name nor leave it. A missing object is `undefined` from head and get; every other failure is
 * a StorageError: "unknown" is never "absent".
 */
export type ObjectHead = {
  key: string;
  bytes: number;
  etag: string;
  contentType: string | undefined;
  modified: Date;
};

export type ObjectMeta = {
  contentType: string;
  cacheControl?: string;
  contentDisposition?: string;
};

export type PostPolicy = { url: string; fields: Record<string, string>; expiresAt: Date };

export type Storage = {
  /** Writes a whole object. `ifAbsent` sends If-None-Match:*; an object already there is a `conflict`. */
  put(key: string, body: Uint8Array, meta: ObjectMeta & { ifAbsent?: boolean }): Promise<void>;
  /** Reads at most `bytesMax` bytes and fails with `too_large` past that. `undefined` when absent. */
  get(key: string, options: { bytesMax: number }): Promise<{ head: ObjectHead; body: Buffer } | undefined>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Removing what is not there succeeds. */
  delete(key: string): Promise<void>;
  /** Every object whose key starts with `prefix`, in key order, a page of 1,000 at a time. */
  list(prefix: string): AsyncIterable<ObjectHead>;
  /** a policy for exactly this key, this many bytes and this type. `expiresIn` in seconds. */
  presignPost(
    key: string,
    promise: { bytes: number; contentType: string; expiresIn: number },
  ): Promise<PostPolicy>;
  /** Refuses with a sentence when the bucket cannot be used as configured: missing, 403 for a missing key. */
  probe(): Promise<{ clockSkewMs: number }>;
  /** Creates the bucket when it is missing and sets the one CORS rule that browsers need. Idempotent. */
  provision(options: { origins: string[] }): Promise<void>;
};

export type StorageErrorCode = "conflict" | "denied" | "too_large" | "unavailable" | "unsupported";

/** The only error that leaves lib/storage; the vendor's is its cause. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
