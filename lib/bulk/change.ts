/**
 * Changing many media at once, and taking it back. A member changes their own, administrators everybody's, those who
 * may only look nothing but their favourites; whatever else was chosen stays as it is.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Db, inTransaction } from "#db/client.ts";
import * as albums from "#db/queries/albums.ts";
import * as rows from "#db/queries/changes.ts";
import {
  type Chosen,
  type ChosenList,
  countFavourites,
  countRanges,
  countTimeline,
  type Reach,
  type Span,
} from "#db/queries/selections.ts";
import { tellBeside } from "#db/queries/timeline.ts";
import { claimChange, placesOf, undoChange } from "#db/queries/undo.ts";
import { restoreAlbum } from "../albums.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import { canAdminister, isPlausibleDate, type Viewer } from "../media.ts";
import { type Clause, parseQuery } from "../search/query.ts";
import { countMatches, countMax } from "../search/search.ts";
import { wantedOf } from "../search/wanted.ts";
import type { Change, ChangeAnswer, CountAnswer, Selection, UndoAnswer } from "./shapes.ts";

/** How long a change can be taken back. */
const undoHours = 24;
/** How long one statement may take, however much was chosen. */
const secondsMax = 180;
/** How many old changes one run of the sweeper forgets; the next run takes the rest. */
const forgottenAtOnce = 50;

const bad = (details: Record<string, string>): TintypeError => new TintypeError("bad_request", { details });

function reachOf(viewer: Viewer | undefined, wants: Reach["wants"]): Reach {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (wants !== "see" && viewer.role === "viewer") throw new TintypeError("forbidden");
  return { userId: viewer.id, administers: canAdminister(viewer), wants };
}

/** The first moment of a day or month and the first after it. */
function span(text: string): Span {
  const isDay = text.length > "2019-07".length;
  const from = new Date(`${text}${isDay ? "" : "-01"}T00:00:00Z`);
  const before = new Date(from);
  if (isDay) before.setUTCDate(from.getUTCDate() + 1);
  else before.setUTCMonth(from.getUTCMonth() + 1);
  return { from, before };
}

type OpenAlbum = NonNullable<Awaited<ReturnType<typeof albums.lockAlbum>>>;

/** The album, when the viewer may see it; locked, because its pictures' places are about to be read or written. */
async function openAlbum(tx: Db, viewer: Viewer, id: string): Promise<OpenAlbum> {
  const album = await albums.lockAlbum(tx, id);
  if (album === undefined) throw new TintypeError("not_found");
  const isOpen = album.visibility !== "private" || album.ownerId === viewer.id || canAdminister(viewer);
  if (!isOpen) throw new TintypeError("not_found");
  return album;
}

function assertMayArrange(viewer: Viewer, album: OpenAlbum): void {
  if (album.ownerId !== viewer.id && !canAdminister(viewer)) throw new TintypeError("forbidden");
}

/** What a search asks for; throws bad_request when it is none that finds anything. */
function clausesOf(query: string): Clause[] {
  const { clauses, problems } = parseQuery(query);
  if (clauses.length === 0 || problems.length > 0) throw bad({ list: "search" });
  return clauses;
}

async function listOf(
  tx: Db,
  viewer: Viewer,
  { list, all, days, months, ranges }: Selection,
): Promise<ChosenList> {
  const [kind, rest] = list.split(/\.(.*)/s);
  if (kind === "timeline") return { kind };
  if (kind === "favourites") return { kind };
  if (kind === "album") {
    const id = z.uuid().safeParse(rest);
    if (!id.success) throw new TintypeError("not_found");
    const album = await openAlbum(tx, viewer, id.data);
    return { kind, id: album.id, sort: album.sort, count: album.count };
  }
  // What was counted up one by one may come from anywhere.
  const inPart = days.length + months.length + ranges.length > 0;
  if (!all && !inPart) return { kind: "timeline" };
  if (kind === "search" && !inPart)
    return { kind, wanted: await wantedOf(tx, viewer, clausesOf(rest ?? "")) };
  throw bad({ list });
}

/** What a selection means to this viewer, for whoever asks the database about it. Throws not_found, bad_request. */
export async function chosenIn(tx: Db, viewer: Viewer, selection: Selection): Promise<Chosen> {
  const list = await listOf(tx, viewer, selection);
  const { all, ids, days, months, ranges, except } = selection;
  return { list, all, ids, spans: [...days, ...months].map(span), ranges, except };
}

/** Favourites are for everybody who is signed in; stars are for the owner to give; the rest is for who may change it. */
const wantsOf = (change: Change): Reach["wants"] => {
  if (change.kind === "favourite") return "see";
  // What one may see one may put into an album of one's own, and take out again.
  if (change.kind === "album") return "see";
  return change.kind === "rating" ? "own" : "change";
};

/** What changes no medium itself, of which the trigger on media tells nothing. */
const besides: readonly string[] = ["tags", "album", "albumDeleted", "favourite"];

/** Those that cannot have the new date stay as they are; throws impossible_date when that is all of them. */
async function changeDate(
  tx: Db,
  change: Extract<Change, { kind: "date" }>,
  ask: rows.Ask,
): Promise<rows.Count> {
  if ("date" in change && !isPlausibleDate(Date.parse(change.date)))
    throw new TintypeError("impossible_date", { details: { date: change.date } });
  const count = await rows.changeDate(tx, ask, change);
  // A shift leaves nothing as it was.
  const isShift = "shiftSeconds" in change && change.shiftSeconds !== 0;
  if (isShift && count.changed === 0 && count.chosen > 0) throw new TintypeError("impossible_date");
  return count;
}

async function applyChange(tx: Db, viewer: Viewer, change: Change, ask: rows.Ask): Promise<rows.Count> {
  switch (change.kind) {
    case "date":
      return changeDate(tx, change, ask);
    case "texts": {
      const { title, description, alt, place } = change;
      if ([title, description, alt, place].every((text) => text === undefined))
        throw bad({ change: "texts" });
      return rows.changeTexts(tx, ask, change);
    }
    case "visibility":
      if (!settings().visibilities.includes(change.visibility)) throw bad({ visibility: change.visibility });
      return rows.changeVisibility(tx, ask, change);
    case "rating":
      return rows.changeRating(tx, ask, change.rating);
    case "trash":
      return rows.trash(tx, ask, settings().trashSeconds);
    case "tags":
      return rows.changeTags(tx, ask, change);
    case "album": {
      const id = "add" in change ? change.add : change.remove;
      assertMayArrange(viewer, await openAlbum(tx, viewer, id));
      return "add" in change ? rows.addToAlbum(tx, ask, id) : rows.removeFromAlbum(tx, ask, id);
    }
    case "favourite":
      return change.on ? rows.addFavourites(tx, ask) : rows.removeFavourites(tx, ask);
  }
}

/**
 * Makes one change to everything chosen, in one statement. Throws unauthenticated, forbidden, not_found (an album that
 * is not there or not for this viewer), bad_request (a list that cannot be chosen from as a whole), impossible_date.
 */
export async function changeMedia(
  db: Db,
  { viewer, selection, change }: { viewer: Viewer | undefined; selection: Selection; change: Change },
): Promise<ChangeAnswer> {
  const reach = reachOf(viewer, wantsOf(change));
  if (viewer === undefined || (change.kind === "album" && viewer.role === "viewer"))
    throw new TintypeError("forbidden");
  return inTransaction(db, async (tx) => {
    await rows.allowLong(tx, secondsMax);
    const ask = { id: randomUUID(), chosen: await chosenIn(tx, viewer, selection), reach };
    const { changed, chosen } = await applyChange(tx, viewer, change, ask);
    if (changed > 0 && besides.includes(change.kind)) await tellBeside(tx, viewer.id);
    return { ...(changed > 0 ? { id: ask.id } : {}), changed, same: chosen - changed };
  });
}

/** More favourites, or pictures of one day, than this are not counted. */
const countedMax = 100_000;

/**
 * How many media were chosen, from kept totals: single ones are believed to lie outside of what is described, and
 * exceptions inside. Throws as changeMedia does.
 */
export async function countMedia(
  db: Db,
  { viewer, selection }: { viewer: Viewer | undefined; selection: Selection },
): Promise<CountAnswer> {
  const { userId } = reachOf(viewer, "see");
  const { all, ids, days, months, except, ranges } = selection;
  if (viewer === undefined) return {};
  const single = ids.length - except.length;
  if (ranges.length > 0) {
    if (all || days.length + months.length > 0 || selection.list !== "timeline") return {};
    return { count: (await countRanges(db, { userId, ranges, ids, limit: countedMax })) - except.length };
  }
  if (!all && days.length === 0 && months.length === 0) return { count: single };
  const list = await inTransaction(db, (tx) => listOf(tx, viewer, selection));
  if (list.kind === "timeline")
    return {
      count: single + (await countTimeline(db, { userId, all, days, months })),
    };
  if (!all) return {};
  if (list.kind === "search") {
    const found = await countMatches(db, {
      viewer,
      clauses: clausesOf(selection.list.slice("search.".length)),
    });
    return found === undefined || found > countMax ? {} : { count: single + found };
  }
  if (list.kind === "album") return { count: single + list.count };
  const count = await countFavourites(db, { userId, limit: countedMax });
  return count === countedMax ? {} : { count: single + count };
}

/**
 * Takes one's own change back, once, within a day. What somebody has changed again since stays as they made it.
 * Throws unauthenticated, forbidden, not_undoable.
 */
export async function undo(
  db: Db,
  { viewer, changeId }: { viewer: Viewer | undefined; changeId: string },
): Promise<UndoAnswer> {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  const work = async (tx: Db): Promise<UndoAnswer> => {
    await rows.allowLong(tx, secondsMax);
    const deleted = await albums.findDeleted(tx, { changeId, userId: viewer.id, hours: undoHours });
    const kind = await claimChange(tx, { id: changeId, userId: viewer.id, hours: undoHours });
    if (kind === undefined) throw new TintypeError("not_undoable");
    const reach = reachOf(viewer, kind === "favourite" ? "see" : kind === "rating" ? "own" : "change");
    if (kind === "album")
      for (const id of await placesOf(tx, changeId)) {
        const album = await albums.lockAlbum(tx, id);
        if (album !== undefined) assertMayArrange(viewer, album);
      }
    if (deleted !== undefined) await restoreAlbum(tx, { viewer, changeId, deleted });
    const undone = await undoChange(tx, changeId, kind, reach);
    if (deleted !== undefined) await albums.coverAgain(tx, changeId);
    if (besides.includes(kind)) await tellBeside(tx, viewer.id);
    return undone;
  };
  // The same picture may be uploaded, or go to the same place, at that moment.
  return inTransaction(db, work, { looksAgain: true });
}

/** An album that somebody deleted, and what brings it back. */
export type DeletedAlbum = { changeId: string; id: string; title: string };

/** The album this person deleted by this change; `undefined` when it cannot be put back, or is not theirs to. */
export async function deletedAlbum(
  db: Db,
  { viewer, changeId }: { viewer: Viewer | undefined; changeId: string | undefined },
): Promise<DeletedAlbum | undefined> {
  const parsed = z.uuid().safeParse(changeId);
  if (viewer === undefined || !parsed.success) return undefined;
  const found = await albums.findDeleted(db, { changeId: parsed.data, userId: viewer.id, hours: undoHours });
  return found === undefined ? undefined : { changeId: parsed.data, id: found.id, title: found.title };
}

/** Forgets changes that are too old to be taken back, and tags that nothing has. Safe to run anywhere at once. */
export async function forgetOldChanges(db: Db): Promise<number> {
  const forgotten = await rows.forgetChanges(db, undoHours, forgottenAtOnce);
  await rows.forgetTags(db, undoHours, forgottenAtOnce);
  return forgotten;
}
