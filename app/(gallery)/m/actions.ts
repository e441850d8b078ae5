"use server";
import { z } from "zod";
import { currentViewer } from "#app/_session/viewer.ts";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { describe, restore, setVisibility, trash } from "#lib/library.ts";
import { limits, type Viewer, visibilities } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { type Details, detailsOf } from "./details.ts";
import { type Slide, slideOf } from "./slide.ts";

const w = words("media");

/** What a form shows after it was sent; `done` is undefined until then. With what the picture is now, where it shows. */
export type Outcome = { done?: boolean; message?: string; details?: Details; slide?: Slide };

/** `change` returns the ids it changed; none means the medium is gone or not the viewer's. */
async function attempt(
  change: (viewer: Viewer | undefined) => Promise<string[]>,
  message: string,
): Promise<Outcome> {
  try {
    const changed = await change(await currentViewer());
    return changed.length === 0 ? { done: false, message: w("gone") } : { done: true, message };
  } catch (error) {
    if (error instanceof TintypeError) return { done: false, message: words("errors")(error.code) };
    throw error;
  }
}

async function withFresh(outcome: Outcome, id: string): Promise<Outcome> {
  if (outcome.done !== true) return outcome;
  const viewer = await currentViewer();
  const media = await getMedia(database().db, { viewer, id });
  if (media === undefined) return outcome;
  return { ...outcome, details: await detailsOf(media, viewer), slide: slideOf(media, viewer) };
}

const idShape = z.object({ id: z.uuid() });
const visibilityShape = idShape.extend({ visibility: z.enum(visibilities) });
const text = (max: number) => z.string().trim().max(max);
const textsShape = idShape.extend({
  title: text(limits.titleMax),
  description: text(limits.descriptionMax),
  alt: text(limits.titleMax),
});

export async function changeVisibility(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = visibilityShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: words("errors")("bad_request") };
  const { id, visibility } = parsed.data;
  const outcome = await attempt(
    (viewer) => setVisibility(database().db, { viewer, ids: [id], visibility }),
    w("visibilitySaved"),
  );
  return withFresh(outcome, id);
}

export async function changeTexts(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = textsShape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: w("invalid") };
  const outcome = await attempt((viewer) => describe(database().db, { viewer, ...parsed.data }), w("saved"));
  return withFresh(outcome, parsed.data.id);
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
