"use server";
import { refresh } from "next/cache";
import { redirect } from "next/navigation";
import { currentViewer } from "#app/_session/viewer.ts";
import { selectionShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { shareDownloads } from "#lib/media.ts";
import type { ShareSettings } from "#lib/shares/asked.ts";
import * as inbox from "#lib/shares/inbox.ts";
import * as shares from "#lib/shares/manage.ts";
import { chosenMax, guestFilesMax, labelMax, sharePasswordMin, titleMax } from "#lib/shares/rules.ts";
import { words } from "#lib/words.ts";
import { text } from "../../_session/form.ts";

const w = words("shares");

/** What a form shows after it was sent; a password is never among the values that come back. */
export type ShareFormState = {
  answer: number;
  notice?: { tone: "good" | "bad"; text: string };
  errors?: Record<string, string>;
  values?: Record<string, string>;
};

const days = { day: 1, week: 7, month: 30, quarter: 90 } as const;
type Days = keyof typeof days;
const isDays = (name: string): name is Days => Object.hasOwn(days, name);

/** "keep" says nothing of it. */
function endOf(choice: string): { expiresAt?: Date | null } {
  if (choice === "never") return { expiresAt: null };
  return isDays(choice) ? { expiresAt: new Date(Date.now() + days[choice] * 86_400_000) } : {};
}

const capOf = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

/** The settings a form sent, unchecked: lib/shares says what is wrong with them. */
function settingsOf(data: FormData): Partial<ShareSettings> {
  const has = (name: string): boolean => data.has(name);
  const password = text(data, "password");
  const download = shareDownloads.find((one) => one === text(data, "download"));
  return {
    label: text(data, "label"),
    ...(has("title") ? { title: text(data, "title") } : {}),
    ...endOf(text(data, "ends")),
    ...(text(data, "passwordRemove") === "on" ? { password: null } : password === "" ? {} : { password }),
    ...(has("visitsMax") ? { visitsMax: capOf(text(data, "visitsMax")) } : {}),
    ...(has("downloadsMax") ? { downloadsMax: capOf(text(data, "downloadsMax")) } : {}),
    ...(download === undefined ? {} : { download }),
    // A box that is not ticked is not sent.
    ...(has("asksAlbums") ? { withAlbums: text(data, "withAlbums") === "on" } : {}),
    ...(has("filesMax") ? { filesMax: Number(text(data, "filesMax")) } : {}),
    ...(has("gigabytesMax") ? { bytesMax: Math.round(Number(text(data, "gigabytesMax")) * 1e9) } : {}),
  };
}

/** The field of the form and its sentence, by the setting that was refused. */
const fields: Record<string, { field: string; sentence: () => string }> = {
  label: { field: "label", sentence: () => w("labelWrong", { max: labelMax }) },
  title: { field: "title", sentence: () => w("headingWrong", { max: titleMax }) },
  password: { field: "password", sentence: () => w("passwordWrong", { min: sharePasswordMin }) },
  visitsMax: { field: "visitsMax", sentence: () => w("capWrong") },
  downloadsMax: { field: "downloadsMax", sentence: () => w("capWrong") },
  filesMax: { field: "filesMax", sentence: () => w("filesWrong", { max: guestFilesMax }) },
  bytesMax: { field: "gigabytesMax", sentence: () => w("bytesWrong") },
};

function refused(state: ShareFormState, data: FormData, error: unknown): ShareFormState {
  if (!(error instanceof TintypeError)) throw error;
  const answer = state.answer + 1;
  const values = Object.fromEntries(
    [...data].flatMap(([name, value]) =>
      typeof value === "string" && name !== "password" && !name.startsWith("$") ? [[name, value]] : [],
    ),
  );
  const wrong = Array.isArray(error.details.fields) ? error.details.fields : [];
  const errors = Object.fromEntries(
    wrong.flatMap((name) => {
      const known = fields[name];
      return known === undefined ? [] : [[known.field, known.sentence()]];
    }),
  );
  const n = Object.keys(errors).length;
  if (n > 0) return { answer, notice: { tone: "bad", text: w("wrong", { n }) }, errors, values };
  const said =
    error.code === "not_found"
      ? w("gone")
      : error.code === "too_large"
        ? w("tooMany", { max: chosenMax })
        : words("errors")(error.code);
  return { answer, notice: { tone: "bad", text: said }, values };
}

/** What is shared: an album, an inbox, or a selection as JSON. */
function sharedIn(data: FormData): shares.NewShareOf {
  if (data.has("album")) return { album: text(data, "album") };
  if (data.has("inbox")) return { inbox: text(data, "inbox") };
  let said: unknown;
  try {
    said = JSON.parse(text(data, "chosen"));
  } catch (cause) {
    throw new TintypeError("bad_request", { cause });
  }
  const selection = selectionShape.safeParse(said);
  if (!selection.success) throw new TintypeError("bad_request");
  return { selection: selection.data };
}

export async function makeShare(state: ShareFormState, data: FormData): Promise<ShareFormState> {
  let id: string;
  try {
    const viewer = await currentViewer();
    ({ id } = await shares.createShare(database().db, {
      viewer,
      of: sharedIn(data),
      settings: settingsOf(data),
    }));
  } catch (error) {
    return refused(state, data, error);
  }
  redirect(`/shares/${id}`);
}

export async function saveShare(state: ShareFormState, data: FormData): Promise<ShareFormState> {
  try {
    const viewer = await currentViewer();
    await shares.changeShare(database().db, { viewer, id: text(data, "id"), settings: settingsOf(data) });
  } catch (error) {
    return refused(state, data, error);
  }
  refresh();
  return { answer: state.answer + 1, notice: { tone: "good", text: w("saved") } };
}

const acts = {
  revoke: { run: shares.revokeShare, said: () => w("revoked") },
  renew: { run: shares.renewShareLink, said: () => w("renewed") },
} as const;

/** Withdraws a share or gives it another link. */
export async function actOnShare(state: ShareFormState, data: FormData): Promise<ShareFormState> {
  const act = text(data, "act") === "renew" ? acts.renew : acts.revoke;
  try {
    const viewer = await currentViewer();
    await act.run(database().db, { viewer, id: text(data, "id") });
  } catch (error) {
    return refused(state, data, error);
  }
  refresh();
  return { answer: state.answer + 1, notice: { tone: "good", text: act.said() } };
}

export async function removeShare(state: ShareFormState, data: FormData): Promise<ShareFormState> {
  try {
    const viewer = await currentViewer();
    await shares.removeShare(database().db, { viewer, id: text(data, "id") });
  } catch (error) {
    if (error instanceof TintypeError && error.code === "conflict")
      return { answer: state.answer + 1, notice: { tone: "bad", text: w("removeWaiting") } };
    return refused(state, data, error);
  }
  redirect("/shares");
}

/** Takes what guests sent, or throws it away: what was ticked, or all that waits. */
export async function decide(state: ShareFormState, data: FormData): Promise<ShareFormState> {
  const ids = data.getAll("media").filter((one) => typeof one === "string");
  const act = text(data, "act");
  const answer = state.answer + 1;
  if (act !== "approveAll" && ids.length === 0)
    return { answer, notice: { tone: "bad", text: w("noneTicked") } };
  let said: string;
  try {
    const viewer = await currentViewer();
    const at = { viewer, id: text(data, "id") };
    if (act === "reject") said = w("rejected", { n: await inbox.reject(database().db, { ...at, ids }) });
    else {
      const { taken, repeated } = await inbox.approve(database().db, {
        ...at,
        ids: act === "approveAll" ? undefined : ids,
      });
      said = [w("approved", { n: taken }), repeated === 0 ? "" : w("repeated", { n: repeated })]
        .filter((part) => part !== "")
        .join(" ");
    }
  } catch (error) {
    return refused(state, data, error);
  }
  refresh();
  return { answer, notice: { tone: "good", text: said } };
}
