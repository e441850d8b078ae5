import { database } from "#lib/database.ts";
import { examination } from "#lib/doctor/desk.ts";
import { route } from "#lib/http.ts";
import { emptyShape } from "#lib/uploads/asked.ts";

export const POST = route(
  { body: emptyShape },
  async ({ viewer }) =>
    new Response(await examination(database().db, { viewer }), {
      headers: { "content-type": "application/x-ndjson", "x-accel-buffering": "no" },
    }),
);
