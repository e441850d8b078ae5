/** The object port over any S3; the rooms behind this door are the only files that know the AWS SDK. */
import type { BucketSettings } from "../env.ts";
import type { Bucket, Storage } from "./port.ts";
import { bucketOf } from "./s3/bucket.ts";
import { connect } from "./s3/connection.ts";
import { listing } from "./s3/listing.ts";
import { multipart } from "./s3/multipart.ts";
import { reading } from "./s3/reading.ts";
import { setup } from "./s3/setup.ts";
import { signing } from "./s3/signing.ts";
import { type Limits, writing } from "./s3/writing.ts";

const mebi = 1024 ** 2;
const usualLimits: Limits = { partBytes: 8 * mebi, heldBytesMax: 64 * mebi, copyBytesMax: 1024 * mebi };

/**
 * Opens the objects of a bucket. `exactSize: false` signs upload policies for 1 to n bytes, for stores that misread an
 * exact range. `limits` are bytes, for tests that cannot wait for gigabytes. `close` ends its connections.
 */
export function openStorage(
  bucket: BucketSettings,
  options: { exactSize?: boolean; limits?: Partial<Limits> } = {},
): Storage & { close(): void } {
  const connection = connect(bucket);
  const { close, ...reads } = reading(connection);
  const { presignPart, ...signs } = signing(connection, { exactSize: options.exactSize ?? true });
  const inParts = multipart(connection, { head: reads.head, presignPart });
  return {
    ...reads,
    ...signs,
    ...writing(connection, { ...reads, multipart: inParts }, { ...usualLimits, ...options.limits }),
    ...listing(connection),
    ...setup(connection, { head: reads.head, bucket: bucketOf(connection) }),
    multipart: inParts,
    close() {
      close();
      connection.close();
    },
  };
}

/** Opens the bucket itself and its configuration. `close` ends its connections. */
export function openBucket(bucket: BucketSettings): Bucket & { close(): void } {
  const connection = connect(bucket);
  return { ...bucketOf(connection), close: connection.close };
}
