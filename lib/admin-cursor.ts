/** Where a page of an administrator's list starts: opaque to whoever carries it, of use for one order only. */
import { z } from "zod";
import type { MediaOrder, MediaSort } from "#lib/admin-filter.ts";

export type Cursor = {
  /** The page holds what comes after this row, or what comes before it. */
  way: "after" | "before";
  /** What the order sorts by: milliseconds since 1970, bytes or the folded title. */
  value: number | string;
  id: string;
};

/** The years 1 to 9999, which Postgres and Date both write the same way. */
const instant = z.int().min(-62_135_596_800_000).max(253_402_300_799_999);
const values = {
  added: instant,
  taken: instant,
  size: z.int().min(0),
  // Postgres text holds no NUL.
  title: z
    .string()
    .max(400)
    .refine((text) => !text.includes("\0")),
} satisfies Record<MediaOrder, z.ZodType<number | string>>;

export const orderOf = (sort: MediaSort): { order: MediaOrder; descending: boolean } => {
  const descending = sort.startsWith("-");
  return { order: (descending ? sort.slice(1) : sort) as MediaOrder, descending };
};

export const writeCursor = (sort: MediaSort, { way, value, id }: Cursor): string =>
  Buffer.from(JSON.stringify([sort, way, value, id])).toString("base64url");

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** `undefined` for what is no cursor, or one of another order: the list then starts at its beginning. */
export function readCursor(sort: MediaSort, text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const shape = z.tuple([
    z.literal(sort),
    z.enum(["after", "before"]),
    values[orderOf(sort).order],
    z.uuid(),
  ]);
  const read = shape.safeParse(parsed(text));
  if (!read.success) return undefined;
  const [, way, value, id] = read.data;
  return { way, value, id };
}
