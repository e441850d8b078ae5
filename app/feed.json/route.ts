import { database } from "#lib/database.ts";
import { route } from "#lib/http.ts";
import { feedAnswer } from "#lib/open-web/answer.ts";
import { galleryFeed } from "#lib/open-web/feeds.ts";

export const GET = route({}, async ({ request }) =>
  feedAnswer(request, await galleryFeed(database().db), "json"),
);
