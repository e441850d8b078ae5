import type { Metadata } from "next";
import Link from "next/link";
import { currentViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { DownloadAll } from "#app/downloads/download-all.tsx";
import { type Album, getAlbum, hiddenIn, listAlbumsIn, listParents } from "#lib/albums.ts";
import { database } from "#lib/database.ts";
import { safeName } from "#lib/downloads/names.ts";
import { downloadSizes } from "#lib/downloads/shapes.ts";
import { settings } from "#lib/env.ts";
import { openList } from "#lib/lists.ts";
import type { Viewer } from "#lib/media.ts";
import { oembedLinks } from "#lib/open-web/oembed.ts";
import { words } from "#lib/words.ts";
import { Cards } from "../_ui/cards.tsx";
import { EditAlbum, NewAlbum, OrderForm, PublishForm } from "../_ui/forms.tsx";
import { Pictures, picturesAtOnce } from "../_ui/pictures.tsx";

const w = words("albums");
const albumsAtOnce = 24;

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export async function generateMetadata({ params }: PageProps<"/albums/[id]">): Promise<Metadata> {
  const viewer = await currentViewer();
  const album = await getAlbum(database().db, { viewer, id: (await params).id });
  if (album === undefined) return { title: w("gone") };
  if (album.visibility !== "public") return { title: album.title, robots: { index: false } };
  const feeds = {
    "application/rss+xml": `/feed/${album.id}.xml`,
    "application/feed+json": `/feed/${album.id}.json`,
  };
  const path = `/albums/${album.id}`;
  return { title: album.title, alternates: { canonical: path, types: { ...feeds, ...oembedLinks(path) } } };
}

/** From the list of albums down to this one. */
function Path({ album }: { album: Album }) {
  return (
    <nav aria-label={w("path")} className="mb-2 text-sm text-muted">
      <ol className="flex flex-wrap gap-x-2">
        <li>
          <Link href="/albums" className="inline-flex min-h-6 items-center hover:underline">
            {w("title")}
          </Link>
        </li>
        {album.path.map(({ id, title }) => (
          <li key={id} className="before:me-2 before:content-['/']">
            <Link href={`/albums/${id}`} className="inline-flex min-h-6 items-center hover:underline">
              {title}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** What the owner of an album can do with the album itself. */
async function Manage({ album, viewer }: { album: Album; viewer: Viewer | undefined }) {
  const { db } = database();
  const [parents, hidden] = await Promise.all([
    listParents(db, { viewer, album }),
    hiddenIn(db, { viewer, album }),
  ]);
  return (
    <div className="mb-6 grid gap-3 print:hidden">
      <div className="grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap sm:gap-3">
        <EditAlbum
          album={{
            id: album.id,
            title: album.title,
            description: album.description,
            visibility: album.visibility,
            parentId: album.parentId,
          }}
          visibilities={settings().visibilities}
          parents={parents}
        />
        <NewAlbum parent={album.id} />
        <OrderForm id={album.id} sort={album.sort} />
      </div>
      {album.visibility === "private" ? null : (
        <PublishForm id={album.id} visibility={album.visibility} hidden={hidden} />
      )}
      {album.count > 1 ? (
        <p className={album.sort === "manual" ? "text-sm text-muted" : "text-sm text-muted max-sm:hidden"}>
          {w("handHint")}
        </p>
      ) : null}
    </div>
  );
}

/** What goes out of an album: everything in it as an archive, a link to it, a link for others to add to it. */
function Give({ album, viewer, isEmpty }: { album: Album; viewer: Viewer | undefined; isEmpty: boolean }) {
  const shares = words("shares");
  return (
    <>
      {isEmpty ? null : (
        <DownloadAll
          label={words("download")("open")}
          what={{ path: "/api/downloads", ask: { of: { list: `album.${album.id}` } } }}
          name={safeName(album.title)}
          sizes={downloadSizes}
        />
      )}
      {album.mayEdit && album.ownerId === viewer?.id ? (
        <>
          <ButtonLink href={`/shares/new?inbox=${album.id}`} prefetch={false}>
            {shares("inviteGuests")}
          </ButtonLink>
          <ButtonLink
            href={`/shares/new?album=${album.id}`}
            prefetch={false}
            variant="primary"
            className="max-sm:order-first"
          >
            {shares("shareAlbum")}
          </ButtonLink>
        </>
      ) : null}
    </>
  );
}

export default async function AlbumPage({ params, searchParams }: PageProps<"/albums/[id]">) {
  const viewer = await currentViewer();
  const [{ id }, { after, albums }] = await Promise.all([params, searchParams]);
  const { db } = database();
  const album = await getAlbum(db, { viewer, id });
  if (album === undefined) return missing();
  const path = `/albums/${album.id}`;
  const name = `album.${album.id}`;
  const [inside, page] = await Promise.all([
    listAlbumsIn(db, { viewer, cursor: text(albums), limit: albumsAtOnce, album }),
    openList(name)?.page(db, { viewer, cursor: text(after), limit: picturesAtOnce }),
  ]);
  if (page === undefined) return missing();
  return (
    <Page width="full" className="sm:pt-6">
      <div className="px-2 sm:px-0">
        <Path album={album} />
        <PageHeader
          title={album.title}
          lead={w("count", { count: album.count })}
          actions={
            <Give album={album} viewer={viewer} isEmpty={album.count === 0 && page.media.length === 0} />
          }
        />
        {album.description === "" ? null : (
          <p className="mb-6 max-w-prose text-pretty whitespace-pre-line">{album.description}</p>
        )}
        {album.mayEdit ? <Manage album={album} viewer={viewer} /> : null}
        {inside.albums.length === 0 ? null : (
          <section aria-labelledby="inside" className="mb-8">
            <h2 id="inside" className="mb-3 text-lg font-semibold">
              {w("inside")}
            </h2>
            <Cards page={inside} more={(cursor) => `${path}?albums=${cursor}`} />
          </section>
        )}
        {after === undefined ? null : (
          <p className="flex justify-center pb-4">
            <ButtonLink href={path} variant="plain">
              {w("start")}
            </ButtonLink>
          </p>
        )}
      </div>
      <div data-album={album.mayEdit ? album.id : undefined}>
        {page.media.length > 0 ? (
          <Pictures
            list={name}
            path={path}
            name={w("listOf", { title: album.title })}
            page={page}
            version={`${album.sort} ${text(after) ?? ""}`}
            isStart={after === undefined}
          />
        ) : inside.albums.length > 0 ? null : (
          <Empty
            title={w("emptyAlbumTitle")}
            text={w(album.mayEdit ? "emptyAlbumText" : "emptyAlbumVisitor")}
            action={<ButtonLink href="/">{w("toGallery")}</ButtonLink>}
          />
        )}
      </div>
    </Page>
  );
}
