/** How a selection and what is to be done with it cross the wire. */
import { z } from "zod";
import { limits, visibilities } from "../media.ts";

/** More than a person chooses one by one; whole days, months and lists are described and have no limit. */
export const chosenIdsMax = 20_000;
/** Ids make most of it; one takes 39 bytes. */
export const changeBytesMax: number = 1024 * 1024;
const spansMax = 1_000;
const tagsAtOnceMax = 50;

const ids = z.array(z.uuid()).max(chosenIdsMax);

/** Media that are described rather than counted up: the union of all parts, less `except`. */
export const selectionShape = z.strictObject({
  /** The list they were chosen in, as `openList` knows it: what a day or "all" is a part of. */
  list: z.string().max(1000).default("timeline"),
  all: z.boolean().default(false),
  ids: ids.default([]),
  /** "2019-07-04" and "2019-07", UTC, as the month totals have it. */
  days: z.array(z.iso.date()).max(spansMax).default([]),
  months: z
    .array(z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/))
    .max(spansMax)
    .default([]),
  /** All from one medium to another in the order of the list, both included. */
  ranges: z
    .array(z.tuple([z.uuid(), z.uuid()]))
    .max(spansMax)
    .default([]),
  except: ids.default([]),
});
export type Selection = z.infer<typeof selectionShape>;
export type SelectionInput = z.input<typeof selectionShape>;

const daySeconds = 86_400;
/** No camera was ever set this wrong, and Postgres knows no later dates. */
const shiftSecondsMax = 200 * 366 * daySeconds;
const zoneMinutesMax = 14 * 60;

/** Control characters but a tab and an end of line; Postgres has no text with a NUL in it. */
const unseen = /[^\P{Cc}\t\n\r]/gu;

/** What somebody types, as it is kept. */
export const textShape = (max: number): z.ZodString =>
  z
    .string()
    .overwrite((text) => text.toWellFormed().replaceAll(unseen, ""))
    .trim()
    .max(max);

/** A tag as it is shown: one line, no space around it. Which two are the same, the database decides. */
export const tagShape = z
  .string()
  .transform((name) =>
    name
      .toWellFormed()
      .normalize("NFC")
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim(),
  )
  .refine((name) => name !== "" && Array.from(name).length <= limits.tagMax, { error: "length" });

/** Names of a place, from the narrowest to the widest, a comma between. */
export const placeShape = z
  .string()
  .max(limits.titleMax)
  .transform((place) =>
    place
      .toWellFormed()
      .normalize("NFC")
      .split(/[,，、\n]/)
      .map((part) => part.replaceAll(/[\s\p{Cc}"“”„]+/gu, " ").trim())
      .filter((part) => part !== "")
      .join(", "),
  );

const tagNames = z.array(tagShape).max(tagsAtOnceMax).default([]);

const dateShape = z.union([
  /** Later by so many seconds, or earlier. */
  z.strictObject({
    kind: z.literal("date"),
    shiftSeconds: z.int().min(-shiftSecondsMax).max(shiftSecondsMax),
  }),
  /** On this day as the camera's clock shows it; without `time` each keeps its own. */
  z.strictObject({ kind: z.literal("date"), date: z.iso.date(), time: z.iso.time().optional() }),
  /** The clock was right, the zone was not: minutes east of UTC. */
  z.strictObject({
    kind: z.literal("date"),
    zoneMinutes: z.int().min(-zoneMinutesMax).max(zoneMinutesMax),
  }),
]);

export const changeShape = z.union([
  dateShape,
  z.strictObject({
    kind: z.literal("texts"),
    title: textShape(limits.titleMax).optional(),
    description: textShape(limits.descriptionMax).optional(),
    alt: textShape(limits.titleMax).optional(),
    /** For one's own media only: who may not read it may not write it either. */
    place: placeShape.optional(),
  }),
  z.strictObject({
    kind: z.literal("visibility"),
    visibility: z.enum(visibilities),
    /** Only what fewer people may see now: opens, and closes nothing. */
    widen: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal("rating"), rating: z.int().min(0).max(5) }),
  z.strictObject({ kind: z.literal("trash") }),
  z.strictObject({ kind: z.literal("tags"), add: tagNames, remove: tagNames }),
  z.strictObject({ kind: z.literal("album"), add: z.uuid() }),
  z.strictObject({ kind: z.literal("album"), remove: z.uuid() }),
  z.strictObject({ kind: z.literal("favourite"), on: z.boolean() }),
]);
export type Change = z.infer<typeof changeShape>;
export type ChangeInput = z.input<typeof changeShape>;

export const countQuestionShape = z.strictObject({ selection: selectionShape });
export const changeQuestionShape = z.strictObject({ selection: selectionShape, change: changeShape });

/** What became of a change. `id` is what it is taken back by; none when nothing had to change. */
export type ChangeAnswer = {
  id?: string;
  changed: number;
  /** Were as asked already. */
  same: number;
};

/** What became of taking a change back. */
export type UndoAnswer = {
  restored: number;
  /** Left as they are: somebody has changed them again since, or they are gone. */
  left: number;
};

/** How many media a selection has, by the totals that are kept; `undefined` when there is none for it. */
export type CountAnswer = { count?: number };

/*
 * POST /api/changes/count        {selection} → 200 CountAnswer
 * POST /api/changes              {selection, change} → 200 ChangeAnswer
 * POST /api/changes/:id/undo     {}                  → 200 UndoAnswer · 410 not_undoable (a day is over, or undone already)
 */
