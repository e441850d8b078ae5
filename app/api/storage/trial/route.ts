import { database } from "#lib/database.ts";
import { beginTrial } from "#lib/doctor/desk.ts";
import { json, route } from "#lib/http.ts";
import { emptyShape } from "#lib/uploads/asked.ts";

export const POST = route({ body: emptyShape }, async ({ viewer }) =>
  json(await beginTrial(database().db, { viewer })),
);
