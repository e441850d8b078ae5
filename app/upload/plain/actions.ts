"use server";
import { redirect } from "next/navigation";
import { z } from "zod";
import { requireViewer } from "#app/_session/viewer.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { storage } from "#lib/storage/current.ts";
import { pacePolicies } from "#lib/uploads/pace.ts";
import { beginPlain } from "#lib/uploads/plain.ts";
import { cancelUpload } from "#lib/uploads.ts";

const nameShape = z.string().max(4096).catch("");

/** Makes the row and leads to its form; what stands in the way is told where the person comes from. */
export async function begin(data: FormData): Promise<void> {
  const viewer = await requireViewer("/upload/plain");
  let to: string;
  try {
    await pacePolicies(viewer, 1);
    to = await beginPlain(database().db, storage(), { viewer, name: nameShape.parse(data.get("name")) });
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    to = `?said=${error.code}`;
  }
  redirect(`/upload/plain${to.startsWith("?") ? to : `/${to}`}`);
}

export async function discard(data: FormData): Promise<void> {
  const viewer = await requireViewer("/upload/plain");
  const id = z.uuid().safeParse(data.get("id"));
  try {
    if (id.success) await cancelUpload(database().db, { viewer, id: id.data });
  } catch (error) {
    // Gone already, which is what was wanted.
    if (!(error instanceof TintypeError)) throw error;
  }
  redirect("/upload/plain?said=discarded");
}
