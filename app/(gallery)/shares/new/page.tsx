import type { Metadata } from "next";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { ownAlbum } from "#lib/shares/manage.ts";
import { words } from "#lib/words.ts";
import { Chosen } from "../_ui/chosen.tsx";
import { ShareForm } from "../_ui/share-form.tsx";

const w = words("shares");
const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export const generateMetadata = (): Metadata => ({ title: w("newTitle"), robots: { index: false } });

function Nothing() {
  return (
    <Empty
      level={1}
      title={w("nothingTitle")}
      text={w("nothingText")}
      action={<ButtonLink href="/">{w("emptyAction")}</ButtonLink>}
    />
  );
}

/** ?album=<id>, ?inbox=<album's id>, ?ids=<id>,<id>, or what the gallery left in this tab (see _ui/chosen.tsx). */
export default async function NewShare({ searchParams }: PageProps<"/shares/new">) {
  const viewer = await requireViewer();
  const asked = await searchParams;
  const albumId = one(asked.album) ?? one(asked.inbox);
  const isInbox = asked.inbox !== undefined;
  if (albumId === undefined)
    return (
      <Page>
        <Chosen ids={one(asked.ids)?.split(",")}>
          <Nothing />
        </Chosen>
      </Page>
    );
  const album = await ownAlbum(database().db, { viewer, id: albumId });
  if (album === undefined)
    return (
      <Page>
        <Nothing />
      </Page>
    );
  return (
    <Page>
      <PageHeader
        title={w(isInbox ? "newInboxTitle" : "newTitle")}
        lead={w(isInbox ? "newInbox" : "newAlbum", { title: album.title })}
      />
      <ShareForm kind={isInbox ? "inbox" : "album"}>
        <input type="hidden" name={isInbox ? "inbox" : "album"} value={album.id} />
      </ShareForm>
    </Page>
  );
}
