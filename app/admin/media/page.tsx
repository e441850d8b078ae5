import type { Metadata } from "next";
import { type AdminMedia, type AdminPage, listAdminMedia, listOwners } from "#lib/admin.ts";
import {
  adminPageRows,
  type MediaQuery,
  mediaAddress,
  parseMediaQuery,
  type SearchParams,
} from "#lib/admin-filter.ts";
import { database } from "#lib/database.ts";
import { words } from "#lib/words.ts";
import { requireAdmin } from "../../_session/viewer.ts";
import { Notice } from "../../_ui/notice.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { Pager } from "../_ui/pager.tsx";
import { Soon } from "../_ui/soon.tsx";
import { TotalLine } from "../_ui/total.tsx";
import { Filters } from "./_ui/filters.tsx";
import { MediaTable } from "./_ui/media-table.tsx";

const w = words("admin");

export const generateMetadata = (): Metadata => ({ title: w("mediaTitle") });

type Props = { searchParams: Promise<SearchParams> };

export default async function MediaPage({ searchParams }: Props) {
  const viewer = await requireAdmin();
  const query = parseMediaQuery(await searchParams);
  const { sort, cursor, ...filter } = query;
  const owners = await listOwners(database().db, { viewer });
  const found = listAdminMedia(database().db, { viewer, filter, sort, cursor, limit: adminPageRows });
  return (
    <Page className="!max-w-[100rem]">
      <PageHeader title={w("mediaTitle")} lead={w("mediaLead")} />
      <div className="grid grid-cols-1 gap-4">
        <Filters key={`filters ${mediaAddress(query)}`} query={query} owners={owners} />
        <Soon key={`list ${mediaAddress(query, { cursor })}`} value={found}>
          {(page) => <List page={page} query={query} />}
        </Soon>
      </div>
    </Page>
  );
}

function List({ page: found, query }: { page: AdminPage<AdminMedia>; query: MediaQuery }) {
  if (found.tooSlow)
    return (
      <Notice tone="warn" title={w("tooSlowTitle")}>
        {w("tooSlowText")}
      </Notice>
    );
  const links = {
    first: found.previous === undefined && query.cursor === undefined ? undefined : mediaAddress(query),
    previous: found.previous && mediaAddress(query, { cursor: found.previous }),
    next: found.next && mediaAddress(query, { cursor: found.next }),
  };
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        {found.rows.length === 0 ? <span /> : <TotalLine total={found.total} of="pictures" />}
        <Pager {...links} label={w("pages")} />
      </div>
      <MediaTable query={query} rows={found.rows} />
      {found.rows.length === 0 ? null : <Pager {...links} label={w("pagesBelow")} />}
    </>
  );
}
