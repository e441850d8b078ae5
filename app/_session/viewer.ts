import { headers } from "next/headers";
import { forbidden, redirect } from "next/navigation";
import { cache } from "react";
import { viewerFrom } from "#lib/auth.ts";
import { canAdminister, type Viewer } from "#lib/media.ts";
import { signInPath } from "./next-path.ts";

/** Who is asking; asked once a request, however many parts of the page want to know. */
export const currentViewer = cache(async (): Promise<Viewer | undefined> => viewerFrom(await headers()));

/** Set by our own web server to the path and query asked for; a page cannot know its own address otherwise. */
const pathHeader = "x-tintype-path";

/** The viewer, or the sign-in page, which leads back to `next` (when not given: to where the visitor was going). */
export async function requireViewer(next?: string): Promise<Viewer> {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(signInPath(next ?? (await headers()).get(pathHeader) ?? "/"));
  return viewer;
}

/** An administrator; anyone else signed in gets the 403 page, an anonymous visitor the sign-in. */
export async function requireAdmin(next?: string): Promise<Viewer> {
  const viewer = await requireViewer(next);
  if (!canAdminister(viewer)) forbidden();
  return viewer;
}
