import type { Metadata } from "next";
import { database } from "#lib/database.ts";
import { cardWidthMin, shareCount, shareCover } from "#lib/shares/contents.ts";
import type { OpenShare } from "#lib/shares/open.ts";
import { words } from "#lib/words.ts";
import { endTitle } from "./_ui/frame.tsx";
import { doorTitle, loadShare, loadWithin } from "./load.ts";
import { jpegOf } from "./pictures.ts";
import { altOf, titleOf } from "./title.ts";

const w = words("share");

/** The card that a messenger shows. What a password protects is not on it. */
async function cardOf(
  share: Pick<
    OpenShare,
    "id" | "ownerId" | "kind" | "title" | "albumId" | "albumTitle" | "albumText" | "albumCover" | "albumCount"
  >,
): Promise<Metadata> {
  const { db } = database();
  const [n, cover] = await Promise.all([shareCount(db, share), shareCover(db, share)]);
  const jpeg = cover === undefined ? undefined : jpegOf(cover);
  const title = titleOf(share);
  const text = share.kind === "album" ? (share.albumText ?? "").slice(0, 200) : "";
  const description = [w("count", { n }), text].filter((part) => part !== "").join(" · ");
  const images = jpeg === undefined || cover === undefined ? [] : [{ ...jpeg, alt: altOf(cover) }];
  return {
    title,
    description,
    openGraph: { type: "website", siteName: words("shared")("name"), title, description, images },
    twitter: {
      card: jpeg === undefined || jpeg.width < cardWidthMin ? "summary" : "summary_large_image",
      title,
      description,
      images,
    },
  };
}

/** Title and card of a share's page, or of an album in it. Behind a door nothing is said of what is there. */
export async function metadataOf(token: string, album: string): Promise<Metadata> {
  const answer = await loadShare(token);
  // Without a referrer a browser does not say which site a form comes from, and the door is a form.
  const atDoor: Metadata = { referrer: "same-origin" };
  if (answer.state === "open") {
    const share = (await loadWithin(token, album))?.share;
    if (share === undefined) return { title: endTitle("album"), description: "" };
    return share.passwordHash === null ? cardOf(share) : { title: titleOf(share), description: "" };
  }
  if (answer.state !== "door") return { title: endTitle(answer.state), description: "" };
  if (!answer.needsPassword) return { ...(await cardOf(answer.share)), ...atDoor };
  const title = doorTitle(answer);
  return { title, description: "", openGraph: { title, siteName: words("shared")("name") }, ...atDoor };
}
