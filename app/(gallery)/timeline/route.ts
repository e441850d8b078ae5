import { createHash } from "node:crypto";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { listMonths } from "#lib/timeline/timeline.ts";
import { words } from "#lib/words.ts";
import { ratioSumOf } from "../layout-numbers.ts";
import type { LaterWords, Months } from "../months.ts";

const w = words("gallery");

/** GET → every month in columns, newest first, and what the page says from then on; 304 while nothing changed. */
export const GET = route({}, async ({ request, viewer }) => {
  const months = await listMonths(database().db, { viewer });
  const columns: Months & { words: LaterWords } = {
    months: months.map(({ month }) => month),
    counts: months.map(({ count }) => count),
    ratios: months.map(({ ratioSum }) => ratioSumOf(ratioSum)),
    // The page itself does without them, and every byte of it counts.
    words: {
      total: w("total", { count: months.reduce((sum, { count }) => sum + count, 0) }),
      scrubber: w("scrubber"),
      loadFailed: w("timelineFailed"),
      tryAgain: w("tryAgain"),
      chooseMonth: w("chooseMonth"),
      arrivedOne: w("arrivedOne"),
      arrivedMany: w("arrivedMany", { count: "{count}" }),
    },
  };
  const etag = `W/"${createHash("sha256").update(JSON.stringify(columns)).digest("base64url").slice(0, 22)}"`;
  const headers = { etag, "cache-control": "private, no-cache", vary: "cookie" };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return json(columns, { headers });
});
