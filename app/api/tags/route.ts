import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { findTags } from "#lib/tags.ts";

const limit = 20;

/** GET ?text=<letters> → {tags: Tag[]}: one's own tags with these letters, the most used first. */
export const GET = route({}, async ({ request, viewer }) => {
  const text = (new URL(request.url).searchParams.get("text") ?? "").slice(0, 100).replaceAll("\0", "");
  return json({ tags: await findTags(database().db, { viewer, text, limit }) });
});
