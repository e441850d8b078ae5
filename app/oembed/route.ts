import { database } from "#lib/database.ts";
import { route } from "#lib/http.ts";
import { keepable } from "#lib/open-web/answer.ts";
import { oembed } from "#lib/open-web/oembed.ts";

export const GET = route({}, async ({ request }) => {
  const answer = await oembed(database().db, new URL(request.url).searchParams);
  if (answer.status !== 200) return new Response(null, { status: answer.status });
  const type = answer.format === "json" ? "application/json" : "text/xml";
  return keepable(request, answer.text, { type, keepSeconds: 3600 });
});
