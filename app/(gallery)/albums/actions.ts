"use server";
import { refresh } from "next/cache";
import { redirect } from "next/navigation";
import { z } from "zod";
import { currentViewer } from "#app/_session/viewer.ts";
import { albumTitleShape, changeAlbum, createAlbum, deleteAlbum, moveAlbum } from "#lib/albums.ts";
import { changeMedia, deletedAlbum, undo } from "#lib/bulk/change.ts";
import { selectionShape, textShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { albumSorts, limits, visibilities } from "#lib/media.ts";
import { words } from "#lib/words.ts";

const w = words("albums");

/** What a form shows after it was sent. */
export type Outcome = { done?: boolean; message?: string };

const conflicts = ["circle", "depth", "owner"] as const;

/** The sentence for what the domain refused; anything else goes on as the failure it is. */
function refused(error: unknown): string {
  if (!(error instanceof TintypeError)) throw error;
  const reason = conflicts.find((each) => each === error.details.reason);
  if (error.code === "conflict" && reason !== undefined) return w(reason);
  return error.code === "not_found" ? w("gone") : words("errors")(error.code);
}

async function attempt(work: () => Promise<void>, message: string): Promise<Outcome> {
  try {
    await work();
  } catch (error) {
    return { done: false, message: refused(error) };
  }
  refresh();
  return { done: true, message };
}

const optionalId = z.union([z.uuid(), z.literal("").transform(() => undefined)]).optional();
const newShape = z.object({ title: albumTitleShape, parent: optionalId });

export async function makeAlbum(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = newShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: w("invalid") };
  let id: string;
  try {
    id = await createAlbum(database().db, {
      viewer: await currentViewer(),
      title: parsed.data.title,
      parentId: parsed.data.parent,
    });
  } catch (error) {
    return { done: false, message: refused(error) };
  }
  redirect(`/albums/${id}`);
}

const settingsShape = z.object({
  id: z.uuid(),
  title: albumTitleShape,
  description: textShape(limits.descriptionMax),
  visibility: z.enum(visibilities),
  parent: z.union([z.uuid(), z.literal("").transform(() => null)]).optional(),
});

export async function saveAlbum(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = settingsShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: w("invalid") };
  const { id, parent, ...values } = parsed.data;
  const viewer = await currentViewer();
  return attempt(async () => {
    const { db } = database();
    if (parent !== undefined) await moveAlbum(db, { viewer, id, parentId: parent });
    await changeAlbum(db, { viewer, id, ...values });
  }, w("saved"));
}

const orderShape = z.object({ id: z.uuid(), sort: z.enum(albumSorts) });

export async function orderAlbum(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = orderShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  const viewer = await currentViewer();
  return attempt(() => changeAlbum(database().db, { viewer, ...parsed.data }), w("saved"));
}

const idShape = z.object({ id: z.uuid() });

export async function removeAlbum(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = idShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  let changeId: string;
  try {
    changeId = await deleteAlbum(database().db, { viewer: await currentViewer(), id: parsed.data.id });
  } catch (error) {
    return { done: false, message: refused(error) };
  }
  redirect(`/albums?deleted=${changeId}`);
}

/** Takes the deletion of an album back, and leads to it. */
export async function bringAlbumBack(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = idShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  const { db } = database();
  const asked = { viewer: await currentViewer(), changeId: parsed.data.id };
  const album = await deletedAlbum(db, asked);
  try {
    await undo(db, asked);
  } catch (error) {
    return { done: false, message: refused(error) };
  }
  redirect(album === undefined ? "/albums" : `/albums/${album.id}`);
}

const publishShape = z.object({ id: z.uuid(), visibility: z.enum(["unlisted", "public"]) });

/** Shows the album's pictures to whoever may open the album: one statement, however many. */
export async function publishMedia(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = publishShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  const { id, visibility } = parsed.data;
  try {
    const { changed } = await changeMedia(database().db, {
      viewer: await currentViewer(),
      selection: selectionShape.parse({ list: `album.${id}`, all: true }),
      change: { kind: "visibility", visibility, widen: true },
    });
    refresh();
    return { done: true, message: w("published", { count: changed }) };
  } catch (error) {
    return { done: false, message: refused(error) };
  }
}

/** Makes a picture the album's cover. Returns the sentence when it was refused. */
export async function chooseCover(albumId: string, mediaId: string): Promise<string | undefined> {
  const parsed = z.tuple([z.uuid(), z.uuid()]).safeParse([albumId, mediaId]);
  if (!parsed.success) return words("errors")("bad_request");
  const [id, coverId] = parsed.data;
  try {
    await changeAlbum(database().db, { viewer: await currentViewer(), id, coverId });
    return undefined;
  } catch (error) {
    return refused(error);
  }
}
