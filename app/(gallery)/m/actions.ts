"use server";
import { z } from "zod";
import { currentViewer } from "#app/_session/viewer.ts";
import { getAlbum } from "#lib/albums.ts";
import { type ChangeInput, placeShape, tagShape, textShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { changeOne, editMedia, undoEdit } from "#lib/edit.ts";
import { settings } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { restore, trash } from "#lib/library.ts";
import { limits, type Viewer, visibilities } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import type { Face } from "../_ui/use-faces.ts";
import { faceOf } from "../sheet.ts";
import { untouched } from "./_ui/typed.ts";
import { type Details, detailsOf } from "./details.ts";
import { type Slide, slideOf } from "./slide.ts";

const w = words("media");

/** What a form shows after it was sent; `done` is undefined until then. With what the picture is now, and what takes the change back. */
export type Outcome = {
  done?: boolean;
  message?: string;
  /** It cannot be changed any more: perhaps it is not there. */
  gone?: boolean;
  /** Somebody changed the same elsewhere: nothing was written, and `details` say how it stands. */
  conflict?: boolean;
  details?: Details;
  slide?: Slide;
  face?: Face;
  undo?: string[];
  /** What was typed and what the form said before, when that was refused because it says something else by now. */
  typed?: Record<string, string>;
};

/** `change` returns the ids it changed; none means the medium is gone or not the viewer's. */
async function attempt(
  change: (viewer: Viewer | undefined) => Promise<string[]>,
  message: string,
): Promise<Outcome> {
  try {
    const changed = await change(await currentViewer());
    return changed.length === 0 ? { done: false, gone: true, message: w("gone") } : { done: true, message };
  } catch (error) {
    if (error instanceof TintypeError)
      return {
        done: false,
        gone: error.code === "not_found",
        conflict: error.code === "conflict",
        message: words("errors")(error.code),
      };
    throw error;
  }
}

async function withFresh(outcome: Outcome, id: string): Promise<Outcome> {
  if (outcome.done !== true) return outcome;
  const viewer = await currentViewer();
  const media = await getMedia(database().db, { viewer, id });
  if (media === undefined) return outcome;
  return {
    ...outcome,
    details: await detailsOf(media, viewer),
    slide: slideOf(media, viewer),
    face: faceOf(media),
  };
}

const idShape = z.object({ id: z.uuid() });
const visibilityShape = idShape.extend({ visibility: z.enum(visibilities) });
const favouriteShape = idShape.extend({ on: z.enum(["", "1"]) });
const albumShape = favouriteShape.extend({ album: z.uuid() });
const ratingShape = idShape.extend({ rating: z.coerce.number().int().min(0).max(5) });
/** A form sends a line's end as two characters. */
const text = (max: number) =>
  z
    .string()
    .transform((typed) => typed.replaceAll(/\r\n?/g, "\n").trim())
    .pipe(textShape(max));
const localTime = z.iso.datetime({ local: true }).transform((at) => {
  const [date = "", time = ""] = at.split("T");
  return { date, time: time.length === 5 ? `${time}:00` : time };
});
const tagsText = z
  .string()
  .max(5_000)
  .transform((tags) => tags.split(/[,、，]/).filter((tag) => tag.trim() !== ""))
  .pipe(z.array(tagShape).max(50));
const textsShape = idShape.extend({
  title: text(limits.titleMax),
  description: text(limits.descriptionMax),
  alt: text(limits.titleMax),
  /** There for the owner only. */
  place: placeShape.optional(),
  tags: tagsText,
  /** As the form showed them at first. */
  tagsBefore: tagsText,
  taken: localTime,
  /** What the field said before: untouched, it is not written, or a guess of the upload would become a fact. */
  takenBefore: z.string(),
});
const invalid = (message: string): Outcome => ({ done: false, message });

/** One change of one medium, and the way back. */
async function changing(id: string, change: ChangeInput, message: string, isUndone = true): Promise<Outcome> {
  let undo: string[] = [];
  const outcome = await attempt(async (viewer) => {
    const done = await changeOne(database().db, { viewer, id, change });
    if (done?.id !== undefined && isUndone) undo = [done.id];
    return done === undefined ? [] : [id];
  }, message);
  return withFresh({ ...outcome, ...(undo.length > 0 ? { undo } : {}) }, id);
}

export async function changeVisibility(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = visibilityShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(words("errors")("bad_request"));
  const { id, visibility } = parsed.data;
  return changing(id, { kind: "visibility", visibility }, w("visibilitySaved"));
}

/** Private to whoever marks it, so nothing has to be taken back that the same button does not. */
export async function changeFavourite(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = favouriteShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(words("errors")("bad_request"));
  const on = parsed.data.on !== "";
  return changing(
    parsed.data.id,
    { kind: "favourite", on },
    words("lightbox")(on ? "favouriteOn" : "favouriteOff"),
    false,
  );
}

/** Into an album, or out of it. */
export async function changeAlbum(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = albumShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(words("errors")("bad_request"));
  const { id, album, on } = parsed.data;
  const isAdded = on !== "";
  const outcome = await changing(
    id,
    isAdded ? { kind: "album", add: album } : { kind: "album", remove: album },
    "",
  );
  if (outcome.done !== true) return outcome;
  const title = (await getAlbum(database().db, { viewer: await currentViewer(), id: album }))?.title ?? "";
  const told = !isAdded ? "albumLeft" : outcome.undo === undefined ? "albumHad" : "albumAdded";
  return { ...outcome, message: words("lightbox")(told, { album: title }) };
}

export async function changeRating(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = ratingShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(words("errors")("bad_request"));
  const { id, rating } = parsed.data;
  return changing(id, { kind: "rating", rating }, words("lightbox")("rated", { n: rating }));
}

export async function changeTexts(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = textsShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(w("invalid"));
  const { id, taken, takenBefore, tags, tagsBefore, ...texts } = parsed.data;
  const same = untouched(form);
  const edit = {
    ...Object.fromEntries(Object.entries(texts).filter(([name]) => !same.has(name))),
    ...(same.has("tags") ? {} : { tags, tagsBefore }),
  };
  // Nothing is overwritten that somebody was not shown.
  const shown = Object.fromEntries(
    (["title", "description", "alt", "place", "taken"] as const).flatMap((name) => {
      const before = form.get(`${name}Before`);
      return typeof before === "string" ? [[name, before]] : [];
    }),
  );
  const isMoved = !takenBefore.startsWith(`${taken.date}T${taken.time}`);
  let undo: string[] = [];
  const outcome = await attempt(async (viewer) => {
    const made = await editMedia(database().db, {
      viewer,
      id,
      edit: { ...edit, shown, ...(isMoved ? { taken } : {}) },
    });
    undo = made ?? [];
    return made === undefined ? [] : [id];
  }, w("saved"));
  if (outcome.conflict === true) {
    const typed = Object.fromEntries(
      Object.keys(textsShape.shape).flatMap((name) =>
        [name, `${name}Before`].flatMap((field) => {
          const value = form.get(field);
          return typeof value === "string" ? [[field, value]] : [];
        }),
      ),
    );
    const fresh = await withFresh({ done: true }, id);
    return { ...fresh, done: false, conflict: true, typed, message: words("lightbox")("changedAlso") };
  }
  return withFresh({ ...outcome, ...(undo.length > 0 ? { undo } : {}) }, id);
}

const undoShape = idShape.extend({ changes: z.array(z.uuid()).min(1).max(10) });

/** Takes an edit back by the ids that its answer had. */
export async function undoChanges(id: string, changes: string[]): Promise<Outcome> {
  const parsed = undoShape.safeParse({ id, changes });
  if (!parsed.success) return invalid(words("errors")("bad_request"));
  const outcome = await attempt(async (viewer) => {
    await undoEdit(database().db, { viewer, changes: parsed.data.changes });
    return [id];
  }, words("lightbox")("undone"));
  return withFresh(outcome, id);
}

const daySeconds = 86_400;
const relative = perLocale((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "always" }));

const trashWindow = (): string => {
  const seconds = settings().trashSeconds;
  if (seconds >= daySeconds) return relative().format(Math.round(seconds / daySeconds), "day");
  return relative().format(Math.ceil(seconds / 60), "minute");
};

/** Does not refresh: the page would be gone, and with it the way back. */
export async function moveToTrash(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = idShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  return attempt(
    (viewer) => trash(database().db, { viewer, ids: [parsed.data.id] }),
    w("trashed", { within: trashWindow() }),
  );
}

export async function takeBack(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = idShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  return attempt((viewer) => restore(database().db, { viewer, ids: [parsed.data.id] }), w("restored"));
}
