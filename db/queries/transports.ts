/** What the ledger keeps of how the bytes of an upload travel. */
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Transport } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { type Upload, uploads } from "../schema.ts";

const touched = { updatedAt: sql`now()` };

/** Notes under which id the store gathers the parts. `undefined`: another id was noted first, or the upload is over. */
export async function noteMultipart(
  db: Db,
  upload: Pick<Upload, "id" | "multipartId">,
  multipartId: string,
): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({ multipartId, ...touched })
    .where(
      and(
        eq(uploads.id, upload.id),
        eq(uploads.state, "issued"),
        eq(uploads.transport, "multipart"),
        sql`${uploads.multipartId} is not distinct from ${upload.multipartId}`,
      ),
    )
    .returning();
  return row;
}

/** The same upload by another way. `undefined`: it is no longer waiting for its bytes. */
export async function changeTransport(
  db: Db,
  id: string,
  change: { from: Transport; to: Transport },
): Promise<Upload | undefined> {
  const [row] = await db
    .update(uploads)
    .set({ transport: change.to, ...touched })
    .where(and(eq(uploads.id, id), eq(uploads.state, "issued"), eq(uploads.transport, change.from)))
    .returning();
  return row;
}

/** An upload with some of its parts in the bucket may be resumed until it is too old. False: it is too old now. */
export async function waitForRest(db: Db, id: string, ageSecondsMax: number): Promise<boolean> {
  const end = sql`${uploads.createdAt} + make_interval(secs => ${ageSecondsMax})`;
  const rows = await db
    .update(uploads)
    .set({ policyExpiresAt: end, ...touched })
    .where(and(eq(uploads.id, id), eq(uploads.state, "issued"), sql`${end} > now()`))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** Of these ids of multipart uploads, the ones that an open upload still uses. */
export async function usedMultiparts(db: Db, multipartIds: string[]): Promise<Set<string>> {
  if (multipartIds.length === 0) return new Set();
  const rows = await db
    .select({ multipartId: uploads.multipartId })
    .from(uploads)
    .where(and(inArray(uploads.multipartId, multipartIds), inArray(uploads.state, ["issued", "verifying"])));
  return new Set(rows.flatMap((row) => row.multipartId ?? []));
}
