/** Answers that readers ask for again and again, most often to hear that nothing has changed. */
import { createHash } from "node:crypto";
import { type Feed, jsonFeed, modifiedOf, rss } from "./feeds.ts";

/**
 * The text, or 304 when the asker has it already. The language is the reader's, so caches keep one for each.
 * `modified` is when the newest thing in it last changed; `keepSeconds` how long anybody may go without asking.
 */
export function keepable(
  request: Request,
  text: string,
  about: { type: string; modified?: Date | undefined; keepSeconds: number },
): Response {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  const headers = new Headers({
    "content-type": `${about.type}; charset=utf-8`,
    "cache-control": `public, max-age=${about.keepSeconds}`,
    etag,
    vary: "Accept-Language, Cookie",
    // Other sites' scripts may read what is public.
    "access-control-allow-origin": "*",
  });
  if (about.modified !== undefined) headers.set("last-modified", about.modified.toUTCString());
  return isKnown(request.headers, etag, about.modified)
    ? new Response(null, { status: 304, headers })
    : new Response(text, { headers });
}

function isKnown(headers: Headers, etag: string, modified: Date | undefined): boolean {
  const tags = headers.get("if-none-match");
  // A proxy that packs the answer marks the tag as weak.
  if (tags !== null)
    return tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag === "*");
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return modified !== undefined && since >= Math.floor(modified.getTime() / 1000) * 1000;
}

const feedTypes = { xml: "application/rss+xml", json: "application/feed+json" } as const;

/** A feed in either form. */
export const feedAnswer = (request: Request, feed: Feed, form: "xml" | "json"): Response =>
  keepable(request, form === "xml" ? rss(feed) : jsonFeed(feed), {
    type: feedTypes[form],
    modified: modifiedOf(feed),
    keepSeconds: 300,
  });
