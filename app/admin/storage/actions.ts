"use server";
import { refresh } from "next/cache";
import { database } from "#lib/database.ts";
import { tryAgain } from "#lib/keeping.ts";
import { requireAdmin } from "../../_session/viewer.ts";

export async function retryGivenUp(): Promise<void> {
  const viewer = await requireAdmin("/admin/storage");
  await tryAgain(database().db, { viewer });
  refresh();
}
