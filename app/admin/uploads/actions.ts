"use server";
import { refresh } from "next/cache";
import { adminPageRows } from "#lib/admin-filter.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { storage } from "#lib/storage/current.ts";
import { tryAgain } from "#lib/uploads/again.ts";
import { chosen } from "../../_session/form.ts";
import { requireAdmin } from "../../_session/viewer.ts";

/** How many are verified anew, and how many are not: their bytes are gone, or another administrator was first. */
export type Tried = { taken: number; left: number };

export async function tryUploadsAgain(_: Tried | undefined, data: FormData): Promise<Tried> {
  const viewer = await requireAdmin("/admin/uploads");
  const tried = { taken: 0, left: 0 };
  for (const id of chosen(data, "id").slice(0, adminPageRows))
    try {
      await tryAgain(database().db, storage(), { viewer, id });
      tried.taken += 1;
    } catch (error) {
      if (!(error instanceof TintypeError) || error.code !== "not_found") throw error;
      tried.left += 1;
    }
  refresh();
  return tried;
}
