/**
 * The upload of a browser without JavaScript: a form that the server renders and the browser sends to the bucket, which
 * sends the browser back here. One form, one row, one picture; from the row on it is an upload like any other.
 *
 * Nobody can measure a picture before such a form is sent. R-13 therefore holds but for the size: the policy takes one
 * byte up to a limit, that limit is what the row reserves, and the worker's first read puts the true size and digest in
 * its place. What the bucket adds to the address it sends the browser back to is never read.
 */
import { randomUUID } from "node:crypto";
import { type Db, inTransaction } from "#db/client.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import type { UploadStanding, UploadView, Viewer } from "../media.ts";
import { incomingKey } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import { completeUploads, keepWithinCounts, mayUpload, openUploads, ownUpload } from "../uploads.ts";
import { filenameShape } from "./asked.ts";
import { singleTransport } from "./transport.ts";

/**
 * No script renews such a form while somebody looks for a picture, so that it lasts nearly as long as a bucket may be
 * told to believe any form (s3:signatureAge).
 */
const formSeconds = 3_000;

/** What a form holds besides its file; `fields` in this order, the file last. */
export type PlainForm = {
  id: string;
  url: string;
  fields: Record<string, string>;
  bytesMax: number;
  expiresAt: Date;
};

/** How a plain upload stands: a form to send, or what became of it. */
export type PlainUpload =
  /** `looked`: nothing has arrived yet, or the bucket did not say. */
  | { is: "form"; form: PlainForm; looked: "absent" | "unknown" }
  | { is: "standing"; standing: UploadStanding };

/** Whether the bucket takes forms at all: some stores answer 501, and there is no other way without JavaScript. */
export const takesForms = async (storage: Storage): Promise<boolean> =>
  (await singleTransport(storage)) === "post";

/**
 * Reserves a row and space for one picture and answers its id. `name` stands for the file's own, which the server never
 * learns. What does not fit into the room that is left is refused by the bucket. Throws quota_exceeded when there is no
 * room, too_many_in_flight, daily_limit, and conflict where the bucket takes no forms.
 */
export async function beginPlain(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; name: string },
): Promise<string> {
  const viewer = mayUpload(ask.viewer);
  if (!(await takesForms(storage))) throw new TintypeError("conflict", { details: { forms: false } });
  return inTransaction(db, async (tx) => {
    const quota = await ledger.lockQuota(tx, viewer.id);
    const room =
      quota === undefined || quota.limitBytes === 0
        ? Number.POSITIVE_INFINITY
        : quota.limitBytes - quota.usedBytes - quota.reservedBytes;
    if (room < 1) throw new TintypeError("quota_exceeded");
    await keepWithinCounts(tx, viewer.id, 1);
    const bytes = Math.min(room, settings().uploads.bytesMax);
    const row = {
      ownerId: viewer.id,
      clientToken: randomUUID(),
      stagingKey: incomingKey(),
      filename: filenameShape.safeParse(ask.name).data ?? "picture",
      bytes,
    };
    const id = await ledger.insertPlain(tx, row, formSeconds);
    if (id === undefined) throw new TintypeError("internal");
    await ledger.settleQuota(tx, viewer.id, { reserved: bytes });
    return id;
  });
}

/** Still to be filled: a row that nobody has measured, and that is not an object of the bucket's own. */
const isForm = (row: Upload): boolean =>
  row.state === "issued" && row.sha256 === null && !row.inPlace && row.transport === "post";

/**
 * How a plain upload stands, moved on if its picture has arrived (R-20: safe to repeat and to race). Throws not_found
 * for an upload that is none of theirs.
 */
export async function plainUpload(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<PlainUpload> {
  const viewer = mayUpload(ask.viewer);
  const row = await ownUpload(db, viewer, ask.id);
  const [answer] = await completeUploads(db, storage, { viewer, ids: [row.id] });
  if (answer?.status === "known" && answer.state !== "issued") return { is: "standing", standing: answer };
  const { ageSecondsMax } = settings().uploads;
  const [renewed] = isForm(row)
    ? await ledger.renewPolicies(db, [row.id], {
        ownerId: viewer.id,
        policySeconds: formSeconds,
        ageSecondsMax,
      })
    : [];
  if (renewed === undefined) {
    // Closed in between, too old, or not a form: as it stands.
    const { id, state, mediaId, rejectCode } = await ownUpload(db, viewer, ask.id);
    return { is: "standing", standing: { id, state, mediaId, rejectCode, message: null } };
  }
  const looked = answer?.status === "refused" && answer.code === "storage_unavailable" ? "unknown" : "absent";
  return { is: "form", looked, form: await formFor(storage, renewed) };
}

async function formFor(storage: Storage, row: Upload): Promise<PlainForm> {
  const { url, fields, expiresAt } = await storage.presignPost(row.stagingKey, {
    bytes: row.bytes,
    atMost: true,
    // What it is, its bytes decide.
    contentType: "application/octet-stream",
    expiresIn: formSeconds,
    redirect: `${settings().appUrl}/upload/plain/${row.id}`,
  });
  return { id: row.id, url, fields, bytesMax: row.bytes, expiresAt };
}

/** Forms of theirs that were opened and whose pictures have not been read yet: they hold space until they end. */
export async function openForms(db: Db, ask: { viewer: Viewer | undefined }): Promise<UploadView[]> {
  const open = await openUploads(db, ask);
  return open.filter((one) => one.sha256 === "" && one.state === "issued").slice(0, 20);
}
