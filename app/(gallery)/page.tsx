import { notFound } from "next/navigation";
import { currentViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { database } from "#lib/database.ts";
import { type GalleryPage, type GalleryRow, listMedia, withCursors } from "#lib/gallery.ts";
import { canUpload, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { Stream, type StreamWords } from "./_ui/stream.tsx";
import { ratioMax, ratioMin } from "./layout-numbers.ts";
import { sheetOf } from "./sheet.ts";
import "./gallery.css";

const w = words("gallery");

const streamWords: StreamWords = {
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
};

/** Enough pictures for the screen: about this much width in units of row height, at the most so many pictures. */
const screenRatio = 34;
const screenMax = 40;
/** The same for the first row, which loads at once. */
const rowRatio = 7;
const fewMax = 4;

const shownRatio = (row: GalleryRow): number =>
  Math.min(ratioMax, Math.max(ratioMin, row.width / row.height));

/** How many of the rows it takes to fill `ratio`. */
function fill(rows: GalleryRow[], ratio: number): number {
  let sum = 0;
  const count = rows.findIndex((row) => {
    sum += shownRatio(row);
    return sum >= ratio;
  });
  return count === -1 ? rows.length : count + 1;
}

/** As much of a page as the first screen shows; the rest follows from there. */
function firstScreen(page: GalleryPage): GalleryPage {
  const count = fill(page.media, screenRatio);
  if (count === page.media.length) return page;
  return withCursors(page.media.slice(0, count), { older: true, newer: page.previous !== undefined });
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
  const found = await listMedia(database().db, { viewer, cursor, limit: screenMax });
  if (found === undefined) notFound();
  // A page of newer pictures must end where the next one begins, so it is shown whole.
  const page = before === undefined || found.previous === undefined ? firstScreen(found) : found;
  return (
    <Page width="full">
      <h1 className="sr-only">{w("title")}</h1>
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
          eager={fill(page.media, rowRatio)}
          few={page.media.length <= fewMax && page.next === undefined && page.previous === undefined}
          words={streamWords}
        />
      )}
    </Page>
  );
}
