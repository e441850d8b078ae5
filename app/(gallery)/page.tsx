import { notFound } from "next/navigation";
import { currentViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { SampleNotice } from "#app/sample/notice.tsx";
import { database } from "#lib/database.ts";
import { type GalleryPage, type GalleryRow, listMedia, withCursors } from "#lib/gallery.ts";
import { canUpload, type Viewer } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { Stream, type StreamWords } from "./_ui/stream.tsx";
import { ratioOf, sheetOf } from "./sheet.ts";
import "./gallery.css";

const w = words("gallery");

const streamWords = perLocale(
  (): StreamWords => ({
    list: w("list"),
    older: w("older"),
    loading: w("loading"),
    loaded: w("loaded"),
    end: w("end"),
    loadFailed: w("loadFailed"),
    tryAgain: w("tryAgain"),
    unavailable: w("unavailable"),
    public: w("markPublic"),
    unlisted: w("markUnlisted"),
    animated: w("markAnimated"),
    choose: w("choose"),
  }),
);

/**
 * In units of row height: what a laptop's screen shows, with its pictures; what the largest shows, places at least, so
 * that nothing moves when the rest arrives; and the first row, which loads at once.
 */
const shownRatio = 21;
const placedRatio = 44;
const rowRatio = 7;
/** At the most so many pictures are read; about so many are shown where they cannot be chosen by their shapes. */
const readMax = 44;
const shownUsual = 15;
const fewMax = 4;

/** How many of the rows it takes to fill `ratio`. */
function fill(rows: GalleryRow[], ratio: number): number {
  let sum = 0;
  const count = rows.findIndex((row) => {
    sum += ratioOf(row);
    return sum >= ratio;
  });
  return count === -1 ? rows.length : count + 1;
}

/** As much of a page as the first screen shows, and the places of what follows; the rest comes after the page itself. */
function firstScreen(page: GalleryPage): { page: GalleryPage; ahead: GalleryRow[] } {
  const count = fill(page.media, shownRatio);
  if (count === page.media.length) return { page, ahead: [] };
  return {
    page: withCursors(page.media.slice(0, count), { older: true, newer: page.previous !== undefined }),
    ahead: page.media.slice(count, fill(page.media, placedRatio)),
  };
}

function EmptyGallery({ viewer }: { viewer: Viewer | undefined }) {
  if (viewer === undefined)
    return (
      <Empty
        title={w("emptyVisitorTitle")}
        text={w("emptyVisitorText")}
        action={<ButtonLink href="/sign-in">{w("emptyVisitorAction")}</ButtonLink>}
      />
    );
  if (!canUpload(viewer)) return <Empty title={w("emptyViewerTitle")} text={w("emptyViewerText")} />;
  const isOwner = viewer.role === "owner";
  return (
    <Empty
      title={w(isOwner ? "emptyOwnerTitle" : "emptyMemberTitle")}
      text={w(isOwner ? "emptyOwnerText" : "emptyMemberText")}
      action={
        <ButtonLink href="/upload" variant="primary">
          {w("emptyMemberAction")}
        </ButtonLink>
      }
    />
  );
}

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export default async function Gallery({ searchParams }: PageProps<"/">) {
  const viewer = await currentViewer();
  const { after, before } = await searchParams;
  const cursor = text(after) ?? text(before);
  const limit = before === undefined ? readMax : shownUsual;
  const found = await listMedia(database().db, { viewer, cursor, limit });
  if (found === undefined) notFound();
  // A page of newer pictures must end where the next one begins, so it is shown whole.
  const { page, ahead } = before === undefined ? firstScreen(found) : { page: found, ahead: [] };
  return (
    <Page width="full">
      <h1 className="sr-only">{w("title")}</h1>
      <SampleNotice viewer={viewer} />
      {page.previous === undefined ? null : (
        <div className="flex justify-center pb-4">
          <ButtonLink href={`/?before=${page.previous}`} rel="prev" variant="plain">
            {w("newer")}
          </ButtonLink>
        </div>
      )}
      {page.media.length === 0 ? (
        <EmptyGallery viewer={viewer} />
      ) : (
        <Stream
          // Another page of the same list starts with a list of its own.
          key={cursor ?? ""}
          sheet={sheetOf(page.media)}
          next={page.next}
          ahead={ahead.map(ratioOf)}
          eager={fill(page.media, rowRatio)}
          few={page.media.length <= fewMax && page.next === undefined && page.previous === undefined}
          words={streamWords()}
        />
      )}
    </Page>
  );
}
