/** What the settings add to everything that is written: encryption, and the class in which originals are kept. */
import type { ServerSideEncryption, StorageClass } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../../env.ts";

type WrittenFields = {
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
  StorageClass?: StorageClass;
};

const encryptionFields = ({ encryption }: BucketSettings): WrittenFields =>
  encryption === undefined
    ? {}
    : {
        ServerSideEncryption: encryption.method,
        ...(encryption.keyId === undefined ? {} : { SSEKMSKeyId: encryption.keyId }),
      };

/** Of other stores, too: Ceph's classes are named by whoever runs it. */
const isStorageClass = (name: string | undefined): name is StorageClass => name !== undefined;

/**
 * For a command that makes an object. Cheaper classes bill small and short-lived objects as if they were large and
 * old, so that only originals get one.
 */
export const writtenFields = (bucket: BucketSettings, key: string): WrittenFields => ({
  ...encryptionFields(bucket),
  ...(isStorageClass(bucket.storageClass) && key.startsWith("media/")
    ? { StorageClass: bucket.storageClass }
    : {}),
});

/** The same as a browser has to say it: form fields of a POST, headers of a PUT. */
export const encryptionHeaders = ({ encryption }: BucketSettings): Record<string, string> =>
  encryption === undefined
    ? {}
    : {
        "x-amz-server-side-encryption": encryption.method,
        ...(encryption.keyId === undefined
          ? {}
          : { "x-amz-server-side-encryption-aws-kms-key-id": encryption.keyId }),
      };
