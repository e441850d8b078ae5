import { cookies } from "next/headers";
import { route } from "#lib/http.ts";
import { html } from "#lib/markup.ts";
import { offlinePage } from "#lib/offline.ts";
import { themeFor } from "#lib/preferences.ts";
import { themeCookie } from "#lib/theme.ts";

/** What public/sw.js keeps for times without network. */
export const GET = route({}, async ({ viewer }) => {
  const theme = themeFor(viewer, (await cookies()).get(themeCookie)?.value);
  return html(offlinePage(theme), { "x-robots-tag": "noindex" });
});
