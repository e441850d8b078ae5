import type { Metadata } from "next";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { favouritesList } from "#lib/favourites.ts";
import { words } from "#lib/words.ts";
import { Pictures, picturesAtOnce } from "../albums/_ui/pictures.tsx";

const w = words("albums");

export const generateMetadata = (): Metadata => ({ title: w("favourites") });

export default async function Favourites({ searchParams }: PageProps<"/favourites">) {
  const viewer = await requireViewer("/favourites");
  const { after } = await searchParams;
  const cursor = Array.isArray(after) ? after[0] : after;
  const page = await favouritesList.page(database().db, { viewer, cursor, limit: picturesAtOnce });
  if (page === undefined) return missing();
  return (
    <Page width="full" className="sm:pt-6">
      <div className="px-2 sm:px-0">
        <PageHeader title={w("favourites")} lead={w("favouritesLead")} />
        {cursor === undefined ? null : (
          <p className="flex justify-center pb-4">
            <ButtonLink href="/favourites" variant="plain">
              {w("start")}
            </ButtonLink>
          </p>
        )}
      </div>
      {page.media.length > 0 ? (
        <Pictures
          list="favourites"
          path="/favourites"
          name={w("favourites")}
          page={page}
          version={cursor ?? ""}
          isStart={cursor === undefined}
        />
      ) : (
        <Empty
          title={w("favouritesEmptyTitle")}
          text={w("favouritesEmptyText")}
          action={<ButtonLink href="/">{w("toGallery")}</ButtonLink>}
        />
      )}
    </Page>
  );
}
