/** Permits for those who have no credentials: an upload of exactly what was promised, an address for an hour. */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { create as contentDisposition } from "content-disposition";
import { asking } from "../failures.ts";
import { type PostPolicy, type PutPermit, type Storage, StorageError } from "../port.ts";
import type { Connection } from "./connection.ts";
import { encryptionHeaders, writtenFields } from "./written.ts";

const secondsMax = 604_800;
/** What a permit for a PUT binds; the SDK leaves the type out and moves checksums into the address. */
const bound = ["host", "content-length", "content-type", "if-none-match", "x-amz-checksum-sha256"];
/** What the browser has to send as a header, and not find in the address. */
const spoken = [
  "x-amz-checksum-sha256",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
];

/** The SDK signs whatever it is given: minus one, a decade, NaN. */
function checkSeconds(expiresIn: number): void {
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > secondsMax)
    throw new RangeError(`expiresIn must be 1 to ${secondsMax} seconds, got ${expiresIn}.`);
}

function checkBytes(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new RangeError(`bytes must be a whole number above 0, got ${bytes}.`);
}

/** The end of a policy as it was signed, so that nothing promises more than the store will honour. */
function expirationOf(policy: string | undefined): Date {
  const parsed: unknown = JSON.parse(Buffer.from(policy ?? "", "base64").toString("utf8"));
  if (typeof parsed !== "object" || parsed === null || !("expiration" in parsed))
    throw new StorageError("unavailable", "The signed policy has no expiration.");
  return new Date(String(parsed.expiration));
}

/** The same for a signed address. */
function endOf(url: string): Date {
  const query = new URL(url).searchParams;
  const date = (query.get("X-Amz-Date") ?? "").replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  );
  return new Date(Date.parse(date) + Number(query.get("X-Amz-Expires")) * 1000);
}

function base64Of(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new RangeError("sha256 must be 64 lower-case hexadecimal digits.");
  return Buffer.from(sha256, "hex").toString("base64");
}

type Signing = Pick<Storage, "presignPost" | "presignPut" | "url"> & {
  presignPart: Storage["multipart"]["presignPart"];
};

export function signing(connection: Connection, options: { exactSize: boolean }): Signing {
  const { at, publicClient } = connection;

  /** Nothing signed may outlive the temporary credentials that signed it. */
  async function lifeOf(expiresIn: number): Promise<number> {
    const { credentials } = publicClient.config;
    const left = (expiration: Date | undefined): number =>
      expiration === undefined ? expiresIn : Math.floor((expiration.getTime() - Date.now()) / 1000) - 60;
    const current = left((await credentials()).expiration);
    if (current >= Math.min(expiresIn, 60)) return Math.min(expiresIn, current);
    const renewed = left((await credentials({ forceRefresh: true })).expiration);
    if (renewed < 1) throw new StorageError("denied", "The credentials for the bucket have run out.");
    return Math.min(expiresIn, renewed);
  }

  async function presignPost(
    key: string,
    promise: Parameters<Storage["presignPost"]>[1],
  ): Promise<PostPolicy> {
    const { bytes, contentType, expiresIn, atMost = false, redirect } = promise;
    checkSeconds(expiresIn);
    checkBytes(bytes);
    return asking("sign an upload", async () => {
      const { url, fields } = await createPresignedPost(publicClient, {
        ...at(key),
        Conditions: [["content-length-range", options.exactSize && !atMost ? bytes : 1, bytes]],
        Fields: {
          "Content-Type": contentType,
          ...(redirect === undefined
            ? { success_action_status: "201" }
            : { success_action_redirect: redirect }),
          ...encryptionHeaders(connection.bucket),
        },
        Expires: await lifeOf(expiresIn),
      });
      return { url, fields, expiresAt: expirationOf(fields.Policy) };
    });
  }

  async function presignPut(key: string, promise: Parameters<Storage["presignPut"]>[1]): Promise<PutPermit> {
    const { bytes, contentType, expiresIn, sha256, ifAbsent = true } = promise;
    checkSeconds(expiresIn);
    checkBytes(bytes);
    const checksum = sha256 === undefined ? undefined : base64Of(sha256);
    return asking("sign an upload", async () => {
      const command = new PutObjectCommand({
        ...at(key),
        ContentLength: bytes,
        ContentType: contentType,
        ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
        ...writtenFields(connection.bucket, key),
        ...(checksum === undefined ? {} : { ChecksumSHA256: checksum }),
      });
      const url = await getSignedUrl(publicClient, command, {
        signableHeaders: new Set([...bound, ...spoken]),
        unhoistableHeaders: new Set(spoken),
        expiresIn: await lifeOf(expiresIn),
      });
      const headers = {
        "content-type": contentType,
        ...(ifAbsent ? { "if-none-match": "*" } : {}),
        ...encryptionHeaders(connection.bucket),
        ...(checksum === undefined ? {} : { "x-amz-checksum-sha256": checksum }),
      };
      return { url, headers, expiresAt: endOf(url) };
    });
  }

  async function presignPart(
    key: string,
    uploadId: string,
    part: { number: number; bytes: number; expiresIn: number },
  ): Promise<PutPermit> {
    checkSeconds(part.expiresIn);
    checkBytes(part.bytes);
    return asking("sign an upload", async () => {
      const command = new UploadPartCommand({
        ...at(key),
        UploadId: uploadId,
        PartNumber: part.number,
        ContentLength: part.bytes,
      });
      // A part has no type of its own: whatever the browser says of it must not break the signature.
      const url = await getSignedUrl(publicClient, command, {
        signableHeaders: new Set(["host", "content-length"]),
        expiresIn: await lifeOf(part.expiresIn),
      });
      return { url, headers: {}, expiresAt: endOf(url) };
    });
  }

  async function url(key: string, wanted: Parameters<Storage["url"]>[1]): Promise<string> {
    checkSeconds(wanted.expiresIn);
    const input = {
      ...at(key),
      ...(wanted.download === undefined
        ? {}
        : { ResponseContentDisposition: contentDisposition(wanted.download) }),
      ...(wanted.contentType === undefined ? {} : { ResponseContentType: wanted.contentType }),
    };
    return asking("sign an address", async () => {
      const expiresIn = await lifeOf(wanted.expiresIn);
      return wanted.method === "HEAD"
        ? getSignedUrl(publicClient, new HeadObjectCommand(input), { expiresIn })
        : getSignedUrl(publicClient, new GetObjectCommand(input), { expiresIn });
    });
  }

  return { presignPost, presignPut, presignPart, url };
}
