import { settings } from "#lib/env.ts";
import { route } from "#lib/http.ts";
import { preferenceCookies, readPreferences } from "#lib/preferences.ts";

/** Keeps the chosen language and theme in this browser and shows the page again, in them. */
export const POST = route({}, async ({ request }) => {
  const answer = new Response(null, { status: 303, headers: { location: "/preferences?saved" } });
  const https = settings().appUrl.startsWith("https:");
  for (const cookie of preferenceCookies(await readPreferences(request), https))
    answer.headers.append("set-cookie", cookie);
  return answer;
});
