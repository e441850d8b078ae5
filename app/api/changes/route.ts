import { changeMedia } from "#lib/bulk/change.ts";
import { changeBytesMax, changeQuestionShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";

/** {selection, change} → {id?, changed, same}: one change of everything chosen. */
export const POST = route(
  { body: changeQuestionShape, bodyBytesMax: changeBytesMax },
  async ({ viewer, body }) => json(await changeMedia(database().db, { viewer, ...body })),
);
