import type { Metadata } from "next";
import { Empty } from "#app/_ui/empty.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { DownloadAll } from "#app/downloads/download-all.tsx";
import { database } from "#lib/database.ts";
import { safeName } from "#lib/downloads/names.ts";
import { cardWidthMin, shareCount, shareCover, sharePage } from "#lib/shares/contents.ts";
import type { Answer, OpenShare } from "#lib/shares/open.ts";
import { words } from "#lib/words.ts";
import { ratioOf, sheetOf } from "../../(gallery)/sheet.ts";
import { Door } from "../_ui/door.tsx";
import { Ended, endTitle } from "../_ui/frame.tsx";
import { ShareStream } from "../_ui/share-stream.tsx";
import { answerFor, loadShare, sharePath } from "../load.ts";
import { jpegOf } from "../pictures.ts";
import { altOf, titleOf } from "../title.ts";
import "../../(gallery)/gallery.css";

const w = words("share");
const pageLength = 60;
const eagerRatio = 7;
const fewMax = 4;

const doorTitle = (answer: Answer & { state: "door" }): string =>
  w(answer.needsPassword ? "doorTitle" : "doorCountTitle");

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

export async function generateMetadata({ params }: PageProps<"/s/[token]">): Promise<Metadata> {
  const answer = await loadShare((await params).token);
  // Without a referrer a browser does not say which site a form comes from, and the door is a form.
  const atDoor: Metadata = { referrer: "same-origin" };
  if (answer.state === "open" && answer.share.passwordHash === null) return cardOf(answer.share);
  if (answer.state === "open") return { title: titleOf(answer.share), description: "" };
  if (answer.state !== "door") return { title: endTitle(answer.state), description: "" };
  if (!answer.needsPassword) return { ...(await cardOf(answer.share)), ...atDoor };
  const title = doorTitle(answer);
  return { title, description: "", openGraph: { title, siteName: words("shared")("name") }, ...atDoor };
}

/** How many of the tiles are on the screen at first. */
function eagerOf(ratios: number[]): number {
  let sum = 0;
  const at = ratios.findIndex((ratio) => {
    sum += ratio;
    return sum >= eagerRatio;
  });
  return at === -1 ? ratios.length : at + 1;
}

/** Everything at once, for who has script: the archive is made in the browser. */
function All({ share, token }: { share: OpenShare; token: string }) {
  if (share.download === "none") return null;
  if (share.downloadsMax !== null && share.downloads >= share.downloadsMax)
    return <p className="text-sm text-muted">{w("downloadsUsedTitle")}</p>;
  return (
    <DownloadAll
      label={w("downloadAll")}
      what={{ path: `${sharePath(token)}/downloads`, ask: {} }}
      name={safeName(titleOf(share))}
      sizes={share.download === "originals" ? ["original", "large", "jpeg"] : ["large", "jpeg"]}
      counted={share.downloadsMax !== null}
    />
  );
}

async function Pictures({
  share,
  token,
  after,
}: {
  share: OpenShare;
  token: string;
  after: string | undefined;
}) {
  const { db } = database();
  const [page, n] = await Promise.all([
    sharePage(db, share, { cursor: after, limit: pageLength }),
    shareCount(db, share),
  ]);
  if (page === undefined) return missing();
  if (page.media.length === 0 && after === undefined)
    return <Empty title={w("emptyTitle")} text={w("emptyText")} />;
  return (
    <>
      <div className="px-2 sm:px-0">
        <PageHeader
          title={titleOf(share)}
          actions={<All share={share} token={token} />}
          lead={[w("count", { n }), share.kind === "album" ? share.albumText : ""]
            .filter((part) => part)
            .join(" · ")}
        />
      </div>
      <ShareStream
        key={after ?? ""}
        path={sharePath(token)}
        sheet={sheetOf(page.media)}
        next={page.next}
        eager={eagerOf(page.media.map(ratioOf))}
        few={after === undefined && page.next === undefined && page.media.length <= fewMax}
      />
    </>
  );
}

export default async function SharePage({ params, searchParams }: PageProps<"/s/[token]">) {
  const { token } = await params;
  const { after } = await searchParams;
  const answer = await loadShare(token);
  const share = await answerFor(token, answer);
  if (answer.state === "door")
    return (
      <Page className="grid !max-w-md content-start gap-6 !py-10 sm:!py-16">
        <div className="grid gap-2">
          <h1 className="text-2xl font-semibold tracking-tight text-balance">{doorTitle(answer)}</h1>
          <p className="text-muted text-pretty">{w(answer.needsPassword ? "doorText" : "doorCountText")}</p>
        </div>
        <Door token={token} needsPassword={answer.needsPassword} />
      </Page>
    );
  if (share === undefined || answer.state !== "open")
    return <Ended state={answer.state === "open" ? "unknown" : answer.state} />;
  return (
    <Page width="full">
      <Pictures share={share} token={token} after={Array.isArray(after) ? after[0] : after} />
    </Page>
  );
}
