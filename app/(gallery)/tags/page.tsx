import type { Metadata } from "next";
import Link from "next/link";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { canUpload } from "#lib/media.ts";
import { searchHref } from "#lib/search/query.ts";
import { listTags } from "#lib/tags.ts";
import { words } from "#lib/words.ts";
import { EditTag } from "./edit-tag.tsx";

const w = words("albums");
const tagsAtOnce = 200;

export const generateMetadata = (): Metadata => ({ title: w("tags") });

/** As the search box reads it: quoted, because a name may have spaces. */
const searchFor = (name: string): string => searchHref(`tag:"${name.replaceAll('"', "")}"`);

export default async function Tags({ searchParams }: PageProps<"/tags">) {
  const viewer = await requireViewer("/tags");
  const { after } = await searchParams;
  const cursor = Array.isArray(after) ? after[0] : after;
  const { tags, next } = await listTags(database().db, { viewer, cursor, limit: tagsAtOnce });
  return (
    <Page className="!max-w-3xl">
      <PageHeader title={w("tags")} lead={w("tagsLead")} />
      {tags.length === 0 ? (
        <Empty
          title={w("tagsEmptyTitle")}
          text={w("tagsEmptyText")}
          action={<ButtonLink href="/">{w("toGallery")}</ButtonLink>}
        />
      ) : (
        <ul className="divide-y divide-line">
          {tags.map(({ id, name, count }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-3 py-1.5">
              <Link
                href={searchFor(name)}
                className="inline-flex min-h-10 min-w-0 flex-1 items-center gap-3 rounded-md px-2 hover:bg-raised"
              >
                <span className="truncate font-medium">{name}</span>
                <span className="shrink-0 text-sm text-muted">{w("tagCount", { count })}</span>
              </Link>
              {canUpload(viewer) ? <EditTag id={id} name={name} /> : null}
            </li>
          ))}
        </ul>
      )}
      {next === undefined ? null : (
        <p className="flex justify-center pt-6">
          <ButtonLink href={`/tags?after=${encodeURIComponent(next)}`} rel="next" variant="plain">
            {w("moreTags")}
          </ButtonLink>
        </p>
      )}
    </Page>
  );
}
