import { headers } from "next/headers";
import { cache } from "react";
import { sayHeader, sayStatus } from "#lib/answer.ts";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { type Within, withinShare } from "#lib/shares/albums.ts";
import { type Answer, lookAt, noteVisit, type OpenShare } from "#lib/shares/open.ts";
import { visitCookie, visitorOf } from "#lib/shares/visitor.ts";
import { words } from "#lib/words.ts";

/** What a link leads to for whoever asks; asked once a request by the page and by its metadata. */
export const loadShare = cache(
  async (token: string): Promise<Answer> => lookAt(database().db, token, visitorOf(await headers())),
);

/** What asks for something at the door. */
export const doorTitle = ({ needsPassword }: Answer & { state: "door" }): string =>
  words("share")(needsPassword ? "doorTitle" : "doorCountTitle");

/** The share as it looks from one of its albums ("": from itself), asked once a request. */
export const loadWithin = cache(
  async (token: string, album: string): Promise<Within<OpenShare> | undefined> => {
    const answer = await loadShare(token);
    return answer.state === "open"
      ? withinShare(database().db, answer.share, album === "" ? undefined : album)
      : undefined;
  },
);

/** Where a share's pages are, as a cookie's path: what stands in the address, and nothing that could end a header. */
export const sharePath = (token: string): string => `/s/${encodeURIComponent(token)}`;

/** Counts the visit, if it is one, and says the status of what is shown. */
export async function answerFor(token: string, answer: Answer): Promise<OpenShare | undefined> {
  if (answer.state === "open") {
    const cookie = await noteVisit(database().db, answer.share, visitorOf(await headers()));
    if (cookie !== undefined)
      sayHeader("set-cookie", visitCookie(sharePath(token), cookie, settings().appUrl.startsWith("https:")));
    return answer.share;
  }
  sayStatus(answer.state === "unknown" ? 404 : answer.state === "door" ? 401 : 410);
  return undefined;
}
