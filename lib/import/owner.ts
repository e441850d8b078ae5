/** Whose pictures become what the command line brings. */
import { findUserByEmail } from "#db/queries/accounts.ts";
import type { User } from "#db/schema.ts";
import type { Db } from "../database.ts";

export { findGalleryOwner } from "#db/queries/operator.ts";
export const userByEmail = (db: Db, email: string): Promise<User | undefined> =>
  findUserByEmail(db, email.trim().toLowerCase());
