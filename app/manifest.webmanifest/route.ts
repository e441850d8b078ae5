import { route } from "#lib/http.ts";
import { manifest } from "#lib/manifest.ts";

/** What makes the gallery an app: its name, its pictures, and that other apps can share with it. */
export const GET = route({}, async () =>
  Response.json(manifest(), {
    headers: {
      "content-type": "application/manifest+json",
      "cache-control": "no-cache",
      vary: "Accept-Language, Cookie",
    },
  }),
);
