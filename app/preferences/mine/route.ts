import { settings } from "#lib/env.ts";
import { route } from "#lib/http.ts";
import { languageCookieOf } from "#lib/preferences.ts";
import { safeNext } from "../../_session/next-path.ts";

/**
 * GET ?next= → 303 to that page, in the language of whoever is signed in from now on. Next, which looks ahead of a form's
 * redirect, is given nothing: it would show that page under this address, without the cookie, and in two languages.
 */
export const GET = route({}, async ({ request, viewer }) => {
  if (request.headers.has("rsc")) return new Response(null, { status: 204 });
  const location = safeNext(new URL(request.url).searchParams.get("next"));
  const answer = new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
  if (typeof viewer?.language === "string")
    answer.headers.append(
      "set-cookie",
      languageCookieOf(viewer.language, settings().appUrl.startsWith("https:")),
    );
  return answer;
});
