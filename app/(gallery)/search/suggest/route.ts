import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { paceSearch } from "#lib/search/pace.ts";
import { queryCharsMax } from "#lib/search/query.ts";
import { suggestionsFor } from "#lib/search/suggest.ts";

const questionShape = z.strictObject({ q: z.string().max(queryCharsMax).default("") });

/** GET ?q=<what stands before the caret> → {suggestions}. */
export const GET = route({}, async ({ request, viewer }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  await paceSearch("suggestions", { headers: request.headers, viewer });
  return json({ suggestions: await suggestionsFor(database().db, { viewer, text: question.data.q }) });
});
