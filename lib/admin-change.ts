/** What an administrator does to a selection of media, and the way back from it. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { visibilitiesOf } from "#db/queries/admin.ts";
import { TintypeError } from "#lib/errors.ts";
import { processAgain, restore, setVisibility, trash } from "#lib/library.ts";
import { canAdminister, limits, type Viewer, visibilities } from "#lib/media.ts";
import { idsShape } from "#lib/uploads/asked.ts";

const ids = idsShape.shape.ids;
const changeShape = z.union([
  z.strictObject({ intent: z.enum(visibilities), ids }),
  z.strictObject({ intent: z.enum(["trash", "restore", "process"]), ids }),
]);
export type MediaChange = z.infer<typeof changeShape>;
export type ChangeIntent = MediaChange["intent"];
/** Undoing is changing again: at most one change for each visibility there was before. */
const undoShape = z.array(changeShape).min(1).max(visibilities.length);

/** `undo` in a form asks for the changes that came with the last answer. */
const formShape = z.object({ intent: z.string(), ids: z.array(z.string()), undo: z.string() });

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "JSON" });
    return z.NEVER;
  }
});

/** The changes a submitted form asks for; `undefined` when nothing was selected. Throws `bad_request`. */
export function readChanges(form: FormData): MediaChange[] | undefined {
  const given = formShape.safeParse({
    intent: form.get("intent"),
    ids: form.getAll("ids"),
    undo: form.get("undo") ?? "",
  });
  if (!given.success) throw new TintypeError("bad_request");
  const { intent, undo } = given.data;
  if (intent !== "undo" && given.data.ids.length === 0) return undefined;
  const read =
    intent === "undo"
      ? json.pipe(undoShape).safeParse(undo)
      : undoShape.safeParse([{ intent, ids: given.data.ids }]);
  if (!read.success) throw new TintypeError("bad_request", { details: { idsMax: limits.batchMax } });
  return read.data;
}

export type Changed = {
  /** Ids of the media that are now otherwise than before. */
  ids: string[];
  /** Changes that lead back; empty when there is nothing to take back. */
  undo: MediaChange[];
};

/** Applies changes one after another. Throws `unauthenticated`, `forbidden`, and what lib/library.ts throws. */
export async function changeMedia(
  db: Db,
  { viewer, changes }: { viewer: Viewer | undefined; changes: MediaChange[] },
): Promise<Changed> {
  if (!canAdminister(viewer)) throw new TintypeError(viewer === undefined ? "unauthenticated" : "forbidden");
  const done: Changed = { ids: [], undo: [] };
  for (const change of changes) {
    const { ids, undo } = await apply(db, viewer, change);
    done.ids.push(...ids);
    if (ids.length > 0) done.undo.push(...undo);
  }
  return done;
}

async function apply(db: Db, viewer: Viewer, { intent, ids }: MediaChange): Promise<Changed> {
  switch (intent) {
    case "trash": {
      const changed = await trash(db, { viewer, ids });
      return { ids: changed, undo: [{ intent: "restore", ids: changed }] };
    }
    case "restore": {
      const changed = await restore(db, { viewer, ids });
      return { ids: changed, undo: [{ intent: "trash", ids: changed }] };
    }
    case "process":
      return { ids: await processAgain(db, { viewer, ids }), undo: [] };
    default: {
      const before = await visibilitiesOf(db, ids);
      const changed = new Set(await setVisibility(db, { viewer, ids, visibility: intent }));
      const undo = visibilities.map((visibility) => ({
        intent: visibility,
        ids: before
          .filter((row) => row.visibility === visibility && changed.has(row.id))
          .map((row) => row.id),
      }));
      return {
        ids: [...changed],
        undo: undo.filter((change) => change.ids.length > 0 && change.intent !== intent),
      };
    }
  }
}
