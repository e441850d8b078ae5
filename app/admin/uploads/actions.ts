"use server";
import { refresh } from "next/cache";
import { adminPageRows } from "#lib/admin-filter.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { storage } from "#lib/storage/current.ts";
import { tryAgain } from "#lib/uploads/again.ts";
import { requireAdmin } from "../../_session/viewer.ts";

export async function tryUploadsAgain(data: FormData): Promise<void> {
  const viewer = await requireAdmin("/admin/uploads");
  for (const id of data.getAll("id").slice(0, adminPageRows))
    try {
      await tryAgain(database().db, storage(), { viewer, id: String(id) });
    } catch (error) {
      // Taken up by another administrator, or gone after its day: the list shown next is the answer.
      if (!(error instanceof TintypeError) || error.code !== "not_found") throw error;
    }
  refresh();
}
