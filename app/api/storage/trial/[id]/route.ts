import { database } from "#lib/database.ts";
import { endTrial } from "#lib/doctor/desk.ts";
import { reportShape, trialIdShape } from "#lib/doctor/trial.ts";
import { json, route } from "#lib/http.ts";

/** The end of a trial; the browser says what it saw, and its Origin has been checked to be the site's own. */
export const POST = route(
  { params: trialIdShape, body: reportShape },
  async ({ request, viewer, params, body }) =>
    json(
      await endTrial(database().db, {
        viewer,
        id: params.id,
        origin: request.headers.get("origin") ?? "",
        report: body,
      }),
    ),
);
