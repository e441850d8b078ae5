import Link from "next/link";

import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { DownloadAll } from "#app/downloads/download-all.tsx";
import { sayStatus } from "#lib/answer.ts";
import { database } from "#lib/database.ts";
import { safeName } from "#lib/downloads/names.ts";
import { listSharedAlbums, type SharedStep, type Within } from "#lib/shares/albums.ts";
import { shareCount, sharePage } from "#lib/shares/contents.ts";
import type { OpenShare } from "#lib/shares/open.ts";
import { words } from "#lib/words.ts";
import { Cards } from "../../(gallery)/albums/_ui/cards.tsx";
import { ratioOf, sheetOf } from "../../(gallery)/sheet.ts";
import { answerFor, doorTitle, loadShare, loadWithin, sharePath } from "../load.ts";
import { albumPath } from "../opened.ts";
import { titleOf } from "../title.ts";
import { Door } from "./door.tsx";
import { Ended } from "./frame.tsx";
import { ShareStream } from "./share-stream.tsx";
import "../../(gallery)/gallery.css";

const w = words("share");
const pageLength = 60;
const eagerRatio = 7;
const fewMax = 4;

/** How many of the tiles are on the screen at first. */
function eagerOf(ratios: number[]): number {
  let sum = 0;
  const at = ratios.findIndex((ratio) => {
    sum += ratio;
    return sum >= eagerRatio;
  });
  return at === -1 ? ratios.length : at + 1;
}

/** Everything from here on at once, for who has script: the archive is made in the browser. */
function All({ share, token, album }: { share: OpenShare; token: string; album: string }) {
  if (share.download === "none") return null;
  if (share.downloadsMax !== null && share.downloads >= share.downloadsMax)
    return <p className="text-sm text-muted">{w("downloadsUsedTitle")}</p>;
  return (
    <DownloadAll
      label={w("downloadAll")}
      what={{ path: `${sharePath(token)}/downloads`, ask: album === "" ? {} : { in: album } }}
      name={safeName(titleOf(share))}
      sizes={share.download === "originals" ? ["original", "large", "jpeg"] : ["large", "jpeg"]}
      counted={share.downloadsMax !== null}
    />
  );
}

/** The way back to the albums that this one lies in. */
function Steps({ root, steps, token }: { root: string; steps: SharedStep[]; token: string }) {
  if (steps.length === 0) return null;
  const above = [{ name: "", title: root }, ...steps.slice(0, -1)];
  return (
    <nav aria-label={w("steps")} className="mb-1 text-sm text-muted">
      <ol className="flex flex-wrap items-center gap-x-2">
        {above.map(({ name, title }) => (
          <li key={name} className="flex items-center gap-2">
            <Link href={albumPath(token, name)} className="inline-flex min-h-8 items-center hover:underline">
              <bdi>{title}</bdi>
            </Link>
            <span aria-hidden>/</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}

async function Albums({ share, token }: { share: OpenShare; token: string }) {
  const albums = await listSharedAlbums(database().db, share);
  if (albums.length === 0) return null;
  return (
    <section aria-labelledby="albums" className="mb-8 px-2 sm:px-0">
      <h2 id="albums" className="mb-3 text-lg font-semibold">
        {w("albums")}
      </h2>
      <Cards page={{ albums, next: undefined }} more={() => ""} href={(name) => albumPath(token, name)} />
    </section>
  );
}

type Seen = Within<OpenShare> & { token: string; root: string; album: string; after: string | undefined };

async function Pictures({ share, steps, token, root, album, after }: Seen) {
  const { db } = database();
  const [page, n, albums] = await Promise.all([
    sharePage(db, share, { cursor: after, limit: pageLength }),
    shareCount(db, share),
    after === undefined ? Albums({ share, token }) : null,
  ]);
  if (page === undefined) return missing();
  const isEmpty = page.media.length === 0 && after === undefined;
  if (isEmpty && albums === null && steps.length === 0)
    return <Empty level={1} title={w("emptyTitle")} text={w("emptyText")} />;
  return (
    <>
      <div className="px-2 sm:px-0">
        <Steps root={root} steps={steps} token={token} />
        <PageHeader
          title={titleOf(share)}
          actions={<All share={share} token={token} album={album} />}
          lead={[isEmpty ? "" : w("count", { n }), share.kind === "album" ? share.albumText : ""]
            .filter((part) => part)
            .join(" · ")}
        />
      </div>
      {albums}
      {isEmpty ? (
        albums === null ? (
          <Empty title={w("emptyTitle")} text={w("emptyAlbum")} />
        ) : null
      ) : (
        <ShareStream
          key={`${album} ${after ?? ""}`}
          path={sharePath(token)}
          album={album}
          sheet={sheetOf(page.media)}
          next={page.next}
          eager={eagerOf(page.media.map(ratioOf))}
          few={after === undefined && page.next === undefined && page.media.length <= fewMax}
        />
      )}
    </>
  );
}

/** What the link leads to: the pictures of the share or, with `album`, of an album in it; or what stands in their place. */
export async function SharePage({
  token,
  album,
  after,
}: {
  token: string;
  album: string;
  after: string | string[] | undefined;
}) {
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
  const here = await loadWithin(token, album);
  if (here === undefined) {
    sayStatus(404);
    const all = (
      <ButtonLink href={sharePath(token)} prefetch={false}>
        {w("back")}
      </ButtonLink>
    );
    return <Ended state="album" action={all} />;
  }
  return (
    <Page width="full">
      <Pictures
        {...here}
        token={token}
        root={titleOf(share)}
        album={album}
        after={Array.isArray(after) ? after[0] : after}
      />
    </Page>
  );
}
