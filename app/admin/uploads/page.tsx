import type { Metadata } from "next";
import { type AdminPage, type AdminUpload, listOwners, listUploads } from "#lib/admin.ts";
import {
  adminPageRows,
  parseUploadQuery,
  type SearchParams,
  type UploadQuery,
  uploadAddress,
} from "#lib/admin-filter.ts";
import { database } from "#lib/database.ts";
import { uploadStates } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { requireAdmin } from "../../_session/viewer.ts";
import { Button, ButtonLink } from "../../_ui/button.tsx";
import { Empty } from "../../_ui/empty.tsx";
import { SelectField } from "../../_ui/field.tsx";
import { Notice } from "../../_ui/notice.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { ownerOptions } from "../_ui/owner-options.ts";
import { Pager } from "../_ui/pager.tsx";
import { QueryForm } from "../_ui/query-form.tsx";
import { Soon } from "../_ui/soon.tsx";
import { TotalLine } from "../_ui/total.tsx";
import { uploadStateNames } from "./_ui/upload-state.tsx";
import { AllAgain, UploadTable } from "./_ui/upload-table.tsx";

const w = words("admin");

export const generateMetadata = (): Metadata => ({ title: w("uploadsTitle") });

type Owners = Awaited<ReturnType<typeof listOwners>>;

export default async function UploadsPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const viewer = await requireAdmin();
  const query = parseUploadQuery(await searchParams);
  const { cursor, ...filter } = query;
  const owners = await listOwners(database().db, { viewer });
  const found = listUploads(database().db, { viewer, filter, cursor, limit: adminPageRows });
  return (
    <Page className="!max-w-[100rem]">
      <PageHeader title={w("uploadsTitle")} lead={w("uploadsLead")} />
      <div className="grid grid-cols-1 gap-4">
        <Filters key={`filters ${uploadAddress(query)}`} query={query} owners={owners} />
        <Soon key={`list ${uploadAddress(query, { cursor })}`} value={found}>
          {(page) => <List page={page} query={query} />}
        </Soon>
      </div>
    </Page>
  );
}

function Filters({ query, owners }: { query: UploadQuery; owners: Owners }) {
  return (
    <QueryForm
      action="/admin/uploads"
      role="search"
      aria-label={w("filters")}
      className="grid items-end gap-3 rounded-lg border border-line bg-surface p-3 sm:grid-cols-[minmax(0,16rem)_minmax(0,16rem)_auto_1fr] sm:p-4"
    >
      <SelectField
        label={w("uploadState")}
        name="state"
        defaultValue={query.state ?? ""}
        options={[
          { value: "", label: w("uploadStateAny") },
          ...uploadStates.map((state) => ({ value: state, label: uploadStateNames()[state] })),
        ]}
      />
      <SelectField
        label={w("owner")}
        name="owner"
        defaultValue={query.owner ?? ""}
        options={ownerOptions(owners)}
      />
      <Button type="submit" variant="primary">
        {w("apply")}
      </Button>
      {query.state === undefined && query.owner === undefined ? null : (
        <ButtonLink href="/admin/uploads" variant="plain" className="sm:justify-self-start">
          {w("clear")}
        </ButtonLink>
      )}
    </QueryForm>
  );
}

function List({ page: found, query }: { page: AdminPage<AdminUpload>; query: UploadQuery }) {
  if (found.tooSlow)
    return (
      <Notice tone="warn" title={w("tooSlowTitle")}>
        {w("tooSlowText")}
      </Notice>
    );
  const links = {
    first: found.previous === undefined && query.cursor === undefined ? undefined : uploadAddress(query),
    previous: found.previous && uploadAddress(query, { cursor: found.previous }),
    next: found.next && uploadAddress(query, { cursor: found.next }),
  };
  if (found.rows.length === 0)
    return (
      <>
        <Pager {...links} label={w("pages")} />
        <NothingListed query={query} />
      </>
    );
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <TotalLine total={found.total} of="uploads" />
        <AllAgain rows={found.rows} />
        <Pager {...links} label={w("pages")} />
      </div>
      <UploadTable rows={found.rows} now={new Date()} />
      <Pager {...links} label={w("pagesBelow")} />
    </>
  );
}

function NothingListed({ query }: { query: UploadQuery }) {
  if (query.cursor !== undefined) return <Empty title={w("pastEndTitle")} text={w("pastEndText")} />;
  if (query.state !== undefined || query.owner !== undefined)
    return (
      <Empty
        title={w("uploadsNoMatchTitle")}
        text={w("uploadsNoMatchText")}
        action={<ButtonLink href="/admin/uploads">{w("clear")}</ButtonLink>}
      />
    );
  return (
    <Empty
      title={w("uploadsEmptyTitle")}
      text={w("uploadsEmptyText")}
      action={
        <ButtonLink href="/upload" variant="primary">
          {w("emptyUpload")}
        </ButtonLink>
      }
    />
  );
}
