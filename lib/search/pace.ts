/** How often a visitor whom nobody knows may search. People who are signed in are known, and not counted. */

import type { Db } from "#db/client.ts";
import { clientOf } from "../auth.ts";
import { TintypeError } from "../errors.ts";
import type { Viewer } from "../media.ts";
import { take } from "../rate-limit.ts";

const limits = {
  /** A page of results costs the database some tens of milliseconds, at worst three seconds. */
  pages: { points: 120, seconds: 60 },
  /** One for every letter typed. */
  suggestions: { points: 600, seconds: 60 },
} as const;

type Asked = { headers: Headers; viewer: Viewer | undefined };

/** Counts one search of a visitor by their network. Throws rate_limited. */
export async function paceSearch(
  what: keyof typeof limits,
  { headers, viewer }: Asked,
  db?: Db,
): Promise<void> {
  if (viewer === undefined) await take(`search-${what}:${clientOf(headers)}`, limits[what], db);
}

/** The same, as a question: seconds to wait, or `undefined` for "go on". */
export async function waitToSearch(asked: Asked, db?: Db): Promise<number | undefined> {
  try {
    await paceSearch("pages", asked, db);
    return undefined;
  } catch (error) {
    if (error instanceof TintypeError && error.code === "rate_limited") return error.retryAfter ?? 60;
    throw error;
  }
}
