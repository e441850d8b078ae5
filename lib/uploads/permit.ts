/** What a browser is given to send the bytes of one upload, by the way they travel. */
import type { Db } from "#db/client.ts";
import { changeTransport } from "#db/queries/transports.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import type { UploadPermit } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { putBounds, transportAnew } from "./transport.ts";

/** A picture without EXIF or a browser's belief is uploaded as plain bytes; what it is, its bytes decide. */
export const contentTypeFor = (mime: string): string => (mime === "" ? "application/octet-stream" : mime);

/** What a permit is made of. */
export type Permitted = Pick<
  Upload,
  "id" | "stagingKey" | "bytes" | "declaredMime" | "sha256" | "transport" | "policyExpiresAt"
>;

/** Signed for exactly this row: its key, its bytes, its type. Parts are signed when they are asked for. */
export async function permitFor(storage: Storage, upload: Permitted): Promise<UploadPermit> {
  const common = { id: upload.id, maxBytes: upload.bytes };
  const promise = {
    bytes: upload.bytes,
    contentType: contentTypeFor(upload.declaredMime),
    expiresIn: settings().uploads.policySeconds,
  };
  if (upload.transport === "multipart")
    return { ...common, transport: "multipart", expiresAt: upload.policyExpiresAt.toISOString() };
  if (upload.transport === "put") {
    const { ifAbsent, checksum } = await putBounds(storage);
    const { url, headers, expiresAt } = await storage.presignPut(upload.stagingKey, {
      ...promise,
      ifAbsent,
      ...(checksum && upload.sha256 !== null ? { sha256: upload.sha256 } : {}),
    });
    return { ...common, transport: "put", url, headers, expiresAt: expiresAt.toISOString() };
  }
  const { url, fields, expiresAt } = await storage.presignPost(upload.stagingKey, {
    ...promise,
    // A plain form: its row holds the most that it may bring.
    atMost: upload.sha256 === null,
  });
  return { ...common, transport: "post", url, fields, expiresAt: expiresAt.toISOString() };
}

/**
 * The permit of an upload that is tried again. One that was to travel by POST goes by PUT once the store has said that
 * it takes no forms; what was declared and the key stay the same.
 */
export async function freshPermit(db: Db, storage: Storage, upload: Upload): Promise<UploadPermit> {
  const { transport: from } = upload;
  // What is in a plain form nobody has measured, and only a form's policy can bound that.
  const to = upload.sha256 === null ? from : await transportAnew(storage, from);
  const changed = from === to ? undefined : await changeTransport(db, upload.id, { from, to });
  return permitFor(storage, changed ?? upload);
}
