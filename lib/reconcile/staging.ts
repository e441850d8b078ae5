/** incoming/ and the parts of uploads: what the sweeper should have brought to an end by now. */
import * as rows from "#db/queries/reconcile.ts";
import { settings } from "../env.ts";
import { isIncomingKey } from "../storage/keys.ts";
import { type ObjectHead, type OpenMultipart, StorageError } from "../storage/port.ts";
import type { Scan } from "./scan.ts";
import { objectsOf } from "./streams.ts";

const batch = 500;

/** Tells objects in incoming/ that no open upload waits for, and multipart uploads that nobody goes on with. */
export async function stagingFindings(work: Scan): Promise<void> {
  // Never less than an upload may take, whatever age was asked for.
  const oldest = Math.min(work.oldest, Date.now() - settings().uploads.ageSecondsMax * 1000);
  await staleObjects(work, oldest);
  if (!work.signal.aborted) await looseParts(work, oldest);
}

async function staleObjects(work: Scan, oldest: number): Promise<void> {
  let page: ObjectHead[] = [];
  const flush = async (): Promise<void> => {
    const known = await rows.mentioned(
      work.db,
      page.map(({ key }) => key),
    );
    for (const { key, bytes, etag } of page)
      if (!known.has(key))
        await work.onFinding({
          class: "stale_staging",
          remedy: "quarantine",
          key,
          bytes,
          etag,
          note: "No upload waits for this object any longer.",
        });
    page = [];
  };
  for await (const object of objectsOf(work.storage, "incoming/")) {
    if (work.signal.aborted) break;
    work.tally.objects += 1;
    // A bucket that is shared may hold others' objects there.
    if (object.modified.getTime() > oldest || !isIncomingKey(object.key)) continue;
    page.push(object);
    if (page.length >= batch) await flush();
  }
  await flush();
}

const ownFolder = /^(incoming|media|derived|backup|quarantine)\//;

async function looseParts(work: Scan, oldest: number): Promise<void> {
  let page: OpenMultipart[] = [];
  const flush = async (): Promise<void> => {
    const used = await rows.gathering(
      work.db,
      page.map(({ uploadId }) => uploadId),
    );
    for (const { key, uploadId } of page)
      if (!used.has(uploadId))
        await work.onFinding({
          class: "abandoned_multipart",
          remedy: "abort",
          key,
          id: uploadId,
          note: "Parts of an upload that nobody goes on with; the store keeps them, and bills them.",
        });
    page = [];
  };
  try {
    for await (const open of work.storage.multipart.open("")) {
      if (work.signal.aborted) break;
      if (open.started.getTime() > oldest || !ownFolder.test(open.key)) continue;
      page.push(open);
      if (page.length >= batch) await flush();
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await work.onFinding({
      class: "unknown",
      remedy: "none",
      note: `Multipart uploads that are under way could not be listed: ${error.message}`,
    });
  }
  await flush();
}
