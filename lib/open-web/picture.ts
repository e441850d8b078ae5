/** Where a public picture lies at the moment. */
import type { Db } from "#db/client.ts";
import { findPublic } from "#db/queries/open-web.ts";
import { addressOf } from "./describe.ts";

/** The signed address of the JPEG `width` pixels wide, else of the largest; `undefined` for whatever is not public. */
export async function publicPicture(db: Db, id: string, width: number): Promise<string | undefined> {
  const [row] = await findPublic(db, id);
  return row === undefined ? undefined : addressOf(row, width);
}
