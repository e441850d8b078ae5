"use server";
import { redirect } from "next/navigation";
import { requireViewer } from "#app/_session/viewer.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { removeSamples } from "#lib/sample/remove.ts";

export async function removeThem(): Promise<void> {
  const viewer = await requireViewer("/");
  try {
    await removeSamples(database().db, { viewer });
  } catch (error) {
    // Somebody else's samples have no button here: whoever sends this all the same is shown the gallery as it is.
    if (!(error instanceof TintypeError)) throw error;
  }
  redirect("/");
}
