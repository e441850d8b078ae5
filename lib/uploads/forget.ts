/** Uploads that became nothing, and invitations that are over, are told of for a while and then forgotten. */
import type { Db } from "#db/client.ts";
import { forgetInvites } from "#db/queries/accounts.ts";
import { forgetClosed } from "#db/queries/uploads.ts";
import { log } from "../log.ts";

/** As long as visits of shares are known: whoever asks what became of an upload asks sooner. */
const daysKept = 90;

/** Forgets both, `batch` uploads a statement. Returns how many uploads. */
export async function forgetUploads(db: Db, batch = 5_000): Promise<number> {
  let forgotten = 0;
  for (let n = batch; n === batch; forgotten += n)
    n = await forgetClosed(db, { days: daysKept, limit: batch });
  await forgetInvites(db, daysKept);
  if (forgotten > 0) log("uploads").info({ forgotten }, "old uploads that became nothing forgotten");
  return forgotten;
}
