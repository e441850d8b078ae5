import { z } from "zod";
import { clientOf, viewerFrom } from "#lib/auth.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { openLive } from "#lib/live/live.ts";

const moment = z.coerce.number().int().min(0).max(8.64e15).optional();
const questionShape = z.strictObject({ after: moment, since: moment });

/** GET → text/event-stream: `media` tells which months changed; resumes by Last-Event-ID or ?after=<id>. */
export const GET = route({}, async ({ request, viewer }) => {
  const { headers, signal, url } = request;
  const question = questionShape.safeParse(Object.fromEntries(new URL(url).searchParams));
  const last = moment.safeParse(headers.get("last-event-id") ?? undefined);
  if (!question.success || !last.success) throw new TintypeError("bad_request");
  const { after, since } = question.data;
  const still = () => viewerFrom(headers);
  const from = { after: last.data ?? after, since };
  const network = clientOf(headers);
  const stream = await openLive(database().db, { viewer, network, ...from, still, signal });
  return new Response(stream, {
    // Compression would hold messages back.
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
});
