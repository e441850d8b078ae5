import { route } from "#lib/http.ts";
import { keepable } from "#lib/open-web/answer.ts";
import { robots } from "#lib/open-web/sitemap.ts";

export const GET = route({}, async ({ request }) =>
  keepable(request, robots(), { type: "text/plain", keepSeconds: 3600 }),
);
