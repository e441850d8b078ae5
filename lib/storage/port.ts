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
  contentEncoding?: string;
  /** Kept as x-amz-meta-*; names in lower case. */
  metadata?: Record<string, string>;
};

/** A body whose length is known before it is sent; no more of it is held than some parts. */
export type SizedStream = {
  stream: AsyncIterable<Uint8Array>;
  bytes: number;
  /** Told how many more bytes the store has, as they arrive there. */
  onStored?: (bytes: number) => void;
};
/** One whose length nobody knows, such as standard input: up to 160 GB. */
export type OpenStream = Omit<SizedStream, "bytes"> & { bytes?: undefined };

/** Both ends included, as HTTP counts; without `end`, to the last byte. Past the end of the object is `too_large`. */
export type ByteRange = { start: number; end?: number };

export type PostPolicy = { url: string; fields: Record<string, string>; expiresAt: Date };
/**
 * A PUT that stores what was promised, or nothing. Every header has to be sent as it stands here; the length is signed
 * as well, and comes by itself with a body of that length.
 */
export type PutPermit = { url: string; headers: Record<string, string>; expiresAt: Date };
/** What an upload promises: exactly so many bytes of this type. `expiresIn` in seconds. */
export type Promised = { bytes: number; contentType: string; expiresIn: number };

/** `number` from 1 to 10,000. */
export type StoredPart = { number: number; bytes: number; etag: string };
export type OpenMultipart = { key: string; uploadId: string; started: Date };

export type Storage = {
  /**
   * Writes a whole object. `ifAbsent` sends If-None-Match:*; an object already there is a `conflict`. A stream of more
   * than one part (8 MiB) goes in parts, each of which can be sent again; one that is longer than announced is
   * `too_large`, a shorter one `unavailable`, and what the stream itself throws comes out as it is.
   */
  put(
    key: string,
    body: Uint8Array | SizedStream | OpenStream,
    meta: ObjectMeta & { ifAbsent?: boolean },
  ): Promise<void>;
  /** Reads at most `bytesMax` bytes and fails with `too_large` past that. `undefined` when absent. The head tells of the whole object. */
  get(
    key: string,
    options: { bytesMax: number; range?: ByteRange },
  ): Promise<{ head: ObjectHead; body: Buffer } | undefined>;
  /**
   * The same without a cap, piece by piece; what is cut off on the way is asked for again from there, and an object
   * that was replaced meanwhile is a `conflict`. Whoever stops early ends the loop, and the connection with it.
   */
  read(
    key: string,
    options?: { range?: ByteRange },
  ): Promise<{ head: ObjectHead; body: AsyncIterable<Uint8Array> } | undefined>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Everything that was kept with the object. */
  describe(key: string): Promise<(ObjectHead & ObjectMeta) | undefined>;
  exists(key: string): Promise<boolean>;
  /** Removing what is not there succeeds. */
  delete(key: string): Promise<void>;
  /** The same for many; answers those that could not be removed, with the reason. */
  deleteMany(keys: readonly string[]): Promise<{ key: string; error: StorageError }[]>;
  /** Inside the bucket, without the bytes passing through here. `undefined` when there is nothing to copy. */
  copy(
    from: string,
    to: string,
    options?: { meta?: ObjectMeta; ifAbsent?: boolean },
  ): Promise<ObjectHead | undefined>;
  /** Every object whose key starts with `prefix`, in key order, a page of 1,000 at a time; `after` skips up to a key. */
  list(prefix: string, options?: { after?: string }): AsyncIterable<ObjectHead>;
  /**
   * One level below `prefix` (which is "" or ends with "/"): the folders (each as the whole prefix of what is in it)
   * and the objects there, in key order.
   */
  listFolder(prefix: string): AsyncIterable<{ folder: string } | { object: ObjectHead }>;
  /**
   * a policy for exactly this key, this many bytes and this type. For a form that no script fills in: `atMost`
   * takes from one byte to so many, and `redirect` is where the store sends the browser afterwards.
   */
  presignPost(key: string, promise: Promised & { atMost?: boolean; redirect?: string }): Promise<PostPolicy>;
  /** The same for stores without POST Object: length, type, If-None-Match:* and (given) the SHA-256 are signed. */
  presignPut(
    key: string,
    promise: Promised & {
      /** In hexadecimal. */
      sha256?: string;
      /** False for stores without conditional writes: then a permit that is used again overwrites. */
      ifAbsent?: boolean;
    },
  ): Promise<PutPermit>;
  /** A signed address of one object for GET or HEAD, for people and programs; pages use lib/delivery. */
  url(
    key: string,
    options: { expiresIn: number; download?: string; contentType?: string; method?: "GET" | "HEAD" },
  ): Promise<string>;
  multipart: {
    begin(key: string, meta: ObjectMeta): Promise<string>;
    put(key: string, uploadId: string, number: number, body: Uint8Array): Promise<StoredPart>;
    /** A PUT for one part of exactly so many bytes. */
    presignPart(
      key: string,
      uploadId: string,
      part: { number: number; bytes: number; expiresIn: number },
    ): Promise<PutPermit>;
    /** What has arrived so far, in order; `undefined` when there is no such multipart upload (any more). */
    parts(key: string, uploadId: string): Promise<StoredPart[] | undefined>;
    /** `conflict` when an object is there already and `ifAbsent`. `undefined` when there is no such upload. */
    complete(
      key: string,
      uploadId: string,
      parts: readonly StoredPart[],
      options?: { ifAbsent?: boolean },
    ): Promise<{ etag: string } | undefined>;
    /** Aborting what is not there succeeds. */
    abort(key: string, uploadId: string): Promise<void>;
    open(prefix: string): AsyncIterable<OpenMultipart>;
  };
  /** Refuses with a sentence when the bucket cannot be used as configured: missing, 403 for a missing key. */
  probe(): Promise<{ clockSkewMs: number }>;
  /** Creates the bucket when it is missing and sets the one CORS rule that browsers need. Idempotent. */
  provision(options: { origins: string[] }): Promise<void>;
};

export type CorsRule = {
  id?: string;
  origins: string[];
  methods: string[];
  headers: string[];
  expose: string[];
  maxAgeSeconds?: number;
};
export type LifecycleRule = {
  id: string;
  prefix: string;
  enabled: boolean;
  expireDays?: number;
  abortMultipartDays?: number;
  noncurrentDays?: number;
};
export type PublicAccessBlock = {
  blockAcls: boolean;
  ignoreAcls: boolean;
  blockPolicy: boolean;
  restrictBuckets: boolean;
};

/**
 * The bucket itself and how it is set up: for the command line, provisioning and the doctor. A configuration that was
 * never made is `undefined` or empty; one the store does not know is StorageError `unsupported`; one we may not see is
 * `denied`.
 */
export type Bucket = {
  readonly name: string;
  /** Not the same as "absent": `denied` when it belongs to someone else or the credentials may not ask. */
  state(): Promise<"exists" | "absent" | "denied">;
  /** In the configured region. */
  create(): Promise<"created" | "exists">;
  /** Only when empty; `conflict` otherwise. */
  remove(): Promise<void>;
  /** All buckets of these credentials. */
  all(): Promise<{ name: string; created: Date | undefined }[]>;
  /** Where it really is. */
  region(): Promise<string>;
  cors(): Promise<CorsRule[]>;
  setCors(rules: readonly CorsRule[]): Promise<void>;
  lifecycle(): Promise<LifecycleRule[]>;
  setLifecycle(rules: readonly LifecycleRule[]): Promise<void>;
  /** The policy as JSON text. */
  policy(): Promise<string | undefined>;
  /** `undefined` removes it. */
  setPolicy(document: string | undefined): Promise<void>;
  publicAccessBlock(): Promise<PublicAccessBlock | undefined>;
  setPublicAccessBlock(block: PublicAccessBlock): Promise<void>;
  /** Such as "BucketOwnerEnforced". */
  ownership(): Promise<string | undefined>;
  setOwnership(ownership: "BucketOwnerEnforced"): Promise<void>;
  versioning(): Promise<"on" | "suspended" | "off">;
  /** Such as "AES256" or "aws:kms". */
  encryption(): Promise<string | undefined>;
};

/** `not_found` is a bucket or a multipart upload, never the object that was asked for: that one is `undefined`. */
export type StorageErrorCode =
  | "conflict"
  | "denied"
  | "not_found"
  | "too_large"
  | "unavailable"
  | "unsupported";

/** The only error that leaves lib/storage; the vendor's is its cause. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
