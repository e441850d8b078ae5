import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { route } from "#lib/http.ts";
import { keepPreferences, preferenceCookies, readPreferences } from "#lib/preferences.ts";

/** Keeps the chosen language and theme in this browser and with the account, and shows the page again, in them. */
export const POST = route({}, async ({ request, viewer }) => {
  const answer = new Response(null, { status: 303, headers: { location: "/preferences?saved" } });
  const https = settings().appUrl.startsWith("https:");
  const chosen = await readPreferences(request);
  await keepPreferences(database().db, { viewer, chosen });
  for (const cookie of preferenceCookies(chosen, https)) answer.headers.append("set-cookie", cookie);
  return answer;
});
