/**
 * What an administrator asks of the lists, as it stands in an address: every value is one of a few known ones, or a
 * date, or an id, or plain words. What is none of these counts as not asked for, so that no address is an error.
 * Safe in the browser.
 */
import { z } from "zod";
import { mediaTypes, uploadStates, visibilities } from "#lib/media.ts";

export const mediaStates = ["ready", "trash", "any"] as const;
export const mediaOrders = ["added", "taken", "size", "title"] as const;
export type MediaOrder = (typeof mediaOrders)[number];
/** An order, `-` in front of it when the greatest comes first. */
export type MediaSort = MediaOrder | `-${MediaOrder}`;
export const mediaSorts = mediaOrders.flatMap((order) => [order, `-${order}`] as const);

/** Rows of one page: as many as one request may change at once. */
export const adminPageRows = 50;
const textMax = 100;
const cursorMax = 2_000;

/** A browser sends the empty fields of a form too; they mean nothing. */
const optional = <T>(shape: z.ZodType<T>) => shape.optional().catch(undefined);
/** Postgres knows no year 0, and writes the day after the year 9999 in another way than Date does. */
const day = z.iso.date().refine((text) => text >= "0001" && text < "9999");
const words = z
  .string()
  .transform((text) =>
    text
      .toWellFormed()
      .replace(/\p{Cc}/gu, " ")
      .trim()
      .slice(0, textMax)
      .toWellFormed(),
  )
  .pipe(z.string().min(1));

const mediaShape = z.object({
  state: z.enum(mediaStates).catch("ready"),
  owner: optional(z.uuid()),
  type: optional(z.enum(mediaTypes)),
  visibility: optional(z.enum(visibilities)),
  /** Which of the two dates `from` and `to` are about. */
  date: z.enum(["taken", "added"]).catch("taken"),
  /** First and last day, UTC, both included. */
  from: optional(day),
  to: optional(day),
  text: optional(words),
  sort: z.enum(mediaSorts).catch("-added"),
  cursor: optional(z.string().min(1).max(cursorMax)),
});
export type MediaQuery = z.infer<typeof mediaShape>;
export type MediaFilter = Omit<MediaQuery, "sort" | "cursor">;

const uploadShape = z.object({
  state: optional(z.enum(uploadStates)),
  owner: optional(z.uuid()),
  cursor: optional(z.string().min(1).max(cursorMax)),
});
export type UploadQuery = z.infer<typeof uploadShape>;
export type UploadFilter = Omit<UploadQuery, "cursor">;

export type SearchParams = Record<string, string | string[] | undefined>;

/** Of a name given twice the first value counts. */
const single = (params: SearchParams): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );

/** Reads an address; never throws. */
export const parseMediaQuery = (params: SearchParams): MediaQuery => mediaShape.parse(single(params));
/** Reads an address; never throws. */
export const parseUploadQuery = (params: SearchParams): UploadQuery => uploadShape.parse(single(params));

const write = (
  path: string,
  query: Record<string, string | undefined>,
  usual: Record<string, string>,
): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== usual[name]) params.set(name, value);
  return params.size === 0 ? path : `${path}?${params}`;
};

/** The address of a list; a change of anything but the cursor starts at the first page. */
export function mediaAddress(query: MediaQuery, change: Partial<MediaQuery> = {}): string {
  const next = { ...query, cursor: undefined, ...change };
  const dated = next.from !== undefined || next.to !== undefined;
  return write("/admin/media", next, {
    state: "ready",
    sort: "-added",
    ...(dated ? {} : { date: next.date }),
  });
}

export const uploadAddress = (query: UploadQuery, change: Partial<UploadQuery> = {}): string =>
  write("/admin/uploads", { ...query, cursor: undefined, ...change }, {});

/** How many of the conditions that are folded away are in force. */
export const mediaConditions = (query: MediaQuery): number =>
  [query.owner, query.type, query.visibility, query.from ?? query.to].filter((value) => value !== undefined)
    .length;
