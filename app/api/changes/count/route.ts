import { countMedia } from "#lib/bulk/change.ts";
import { changeBytesMax, countQuestionShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";

/** {selection} → {count?}: how many were chosen. */
export const POST = route(
  { body: countQuestionShape, bodyBytesMax: changeBytesMax },
  async ({ viewer, body }) => json(await countMedia(database().db, { viewer, ...body })),
);
