/** Everything that is written of one picture, changed at one go from one form: all of it or, when a part is refused, nothing. */
import { type Db, inTransaction } from "#db/client.ts";
import { lockMedia } from "#db/queries/media.ts";
import { changeMedia, undo } from "./bulk/change.ts";
import { type ChangeInput, changeShape, selectionShape } from "./bulk/shapes.ts";
import { TintypeError } from "./errors.ts";
import { getMedia } from "./gallery.ts";
import type { Viewer } from "./media.ts";
import { tagsOf } from "./tags.ts";

export type Edit = {
  title?: string;
  description?: string;
  alt?: string;
  /** For its owner; anybody else must leave it out. */
  place?: string;
  /** All tags that it is to have; those it has besides are taken away. */
  tags?: string[];
  /** Those it had when somebody began to edit: what was added or taken away since then, elsewhere, stays so. */
  tagsBefore?: string[];
  /** As the camera's clock showed it: "2026-05-17" and "18:42:10". */
  taken?: { date: string; time: string };
  /** What somebody was shown of what they change; `taken` as "2026-05-17T18:42:10". What is left out is not asked about. */
  shown?: Shown;
};
export type Shown = { title?: string; description?: string; alt?: string; place?: string; taken?: string };

const same = new Intl.Collator("en", { sensitivity: "base", usage: "search" });
const lacking = (these: string[], those: string[]): string[] =>
  these.filter((one) => !those.some((other) => same.compare(one, other) === 0));

/** Makes one change of one medium. `undefined`: there is none that this viewer may change so. */
export async function changeOne(
  db: Db,
  { viewer, id, change }: { viewer: Viewer | undefined; id: string; change: ChangeInput },
): Promise<{ id?: string } | undefined> {
  const answer = await changeMedia(db, {
    viewer,
    selection: selectionShape.parse({ ids: [id] }),
    change: changeShape.parse(change),
  });
  if (answer.changed + answer.same === 0) return undefined;
  return answer.id === undefined ? {} : { id: answer.id };
}

/** A browser sends a line's end as two characters, and whoever typed it meant one. */
const plain = (text: string): string => text.replaceAll(/\r\n?/g, "\n").trim();

/** Whether a text, or the date, says neither what somebody was shown nor what they want it to say. */
async function isOverwriting(
  tx: Db,
  { viewer, id, edit }: { viewer: Viewer | undefined; id: string; edit: Edit },
): Promise<boolean> {
  const { shown = {}, taken } = edit;
  // Locked: whoever saves at the same moment is waited for, and then seen.
  if (!(await lockMedia(tx, id))) return false;
  const now = await getMedia(tx, { viewer, id });
  if (now === undefined) return false;
  const wanted = { ...edit, taken: taken && `${taken.date}T${taken.time}` };
  const says = { ...now, place: now.place ?? "", taken: now.takenAt.toISOString().slice(0, 19) };
  return (["title", "description", "alt", "place", "taken"] as const).some((name) => {
    const [before, after] = [shown[name], wanted[name]];
    if (before === undefined || after === undefined) return false;
    return plain(says[name]) !== plain(before) && plain(says[name]) !== plain(after);
  });
}

/**
 * Writes what the form says. Returns the ids by which each part can be taken back, or `undefined` when the viewer may
 * not change the medium. Throws unauthenticated, forbidden, and conflict when something else was written meanwhile than
 * was `shown`; then nothing is written.
 */
export async function editMedia(
  db: Db,
  { viewer, id, edit }: { viewer: Viewer | undefined; id: string; edit: Edit },
): Promise<string[] | undefined> {
  const { tags, tagsBefore, taken, shown, ...texts } = edit;
  return inTransaction(db, async (tx) => {
    if (shown !== undefined && (await isOverwriting(tx, { viewer, id, edit })))
      throw new TintypeError("conflict");
    const wanted: ChangeInput[] = [];
    if (Object.values(texts).some((text) => text !== undefined)) wanted.push({ kind: "texts", ...texts });
    if (taken !== undefined) wanted.push({ kind: "date", ...taken });
    if (tags !== undefined) {
      const has = tagsBefore ?? (await tagsOf(tx, { viewer, mediaId: id })).map(({ name }) => name);
      const [add, remove] = [lacking(tags, has), lacking(has, tags)];
      if (add.length + remove.length > 0) wanted.push({ kind: "tags", add, remove });
    }
    const made: string[] = [];
    for (const change of wanted) {
      const done = await changeOne(tx, { viewer, id, change });
      if (done === undefined) return undefined;
      if (done.id !== undefined) made.push(done.id);
    }
    return made;
  });
}

/** Takes parts of an edit back, the last first. Throws gone when one cannot be taken back any more. */
export async function undoEdit(
  db: Db,
  { viewer, changes }: { viewer: Viewer | undefined; changes: string[] },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    for (const changeId of changes.toReversed()) await undo(tx, { viewer, changeId });
  });
}
