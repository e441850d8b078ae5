import type { Metadata } from "next";
import { currentViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { listOwnAlbums, listPublicAlbums } from "#lib/albums.ts";
import { deletedAlbum } from "#lib/bulk/change.ts";
import { database } from "#lib/database.ts";
import { canUpload } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { Cards } from "./_ui/cards.tsx";
import { BackForm, NewAlbum } from "./_ui/forms.tsx";

const w = words("albums");

/** Fills the rows of two, three, four and five. */
const albumsAtOnce = 60;

export const generateMetadata = (): Metadata => ({ title: w("title") });

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export default async function Albums({ searchParams }: PageProps<"/albums">) {
  const viewer = await currentViewer();
  const { mine, others, deleted } = await searchParams;
  const { db } = database();
  const limit = albumsAtOnce;
  const [own, open, gone] = await Promise.all([
    listOwnAlbums(db, { viewer, cursor: text(mine), limit }),
    listPublicAlbums(db, { viewer, cursor: text(others), limit }),
    deletedAlbum(db, { viewer, changeId: text(deleted) }),
  ]);
  const isEmpty = own.albums.length === 0 && open.albums.length === 0;
  return (
    <Page className="!max-w-none 2xl:px-8">
      <PageHeader title={w("title")} lead={w("lead")} />
      {gone === undefined ? null : (
        <div className="mb-6">
          <BackForm changeId={gone.changeId} title={gone.title} />
        </div>
      )}
      {canUpload(viewer) ? (
        <div className="mb-6 flex">
          <NewAlbum />
        </div>
      ) : null}
      {isEmpty ? (
        viewer === undefined ? (
          <Empty
            title={w("emptyVisitorTitle")}
            text={w("emptyVisitorText")}
            action={<ButtonLink href="/">{w("toGallery")}</ButtonLink>}
          />
        ) : (
          <Empty title={w("emptyTitle")} text={w("emptyText")} />
        )
      ) : null}
      {own.albums.length === 0 ? null : (
        <section aria-labelledby="mine" className="mb-10">
          <h2 id="mine" className="mb-3 text-lg font-semibold">
            {w("mine")}
          </h2>
          <Cards page={own} more={(cursor) => `/albums?mine=${cursor}`} />
        </section>
      )}
      {open.albums.length === 0 ? null : (
        <section aria-labelledby="others">
          <h2 id="others" className="mb-3 text-lg font-semibold">
            {w("others")}
          </h2>
          <Cards page={open} more={(cursor) => `/albums?others=${cursor}`} />
        </section>
      )}
    </Page>
  );
}
