import type { Metadata } from "next";
import Link from "next/link";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { CopyButton } from "#app/admin/_ui/copy-button.tsx";
import { database } from "#lib/database.ts";
import { canUpload } from "#lib/media.ts";
import { listShares, type ShareView } from "#lib/shares/manage.ts";
import { words } from "#lib/words.ts";
import { Facts, subjectOf } from "./_ui/said.tsx";
import { State } from "./_ui/state.tsx";

const w = words("shares");
const pageRows = 50;

export const generateMetadata = (): Metadata => ({ title: w("title"), robots: { index: false } });

function Line({ share }: { share: ShareView }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 border-b border-line py-4 last:border-0">
      <div className="grid min-w-0 flex-1 basis-72 gap-1">
        <p className="flex flex-wrap items-center gap-2">
          <Link href={`/shares/${share.id}`} className="min-w-0 truncate font-medium hover:underline">
            {share.label}
          </Link>
          <State state={share.state} />
        </p>
        <p className="text-sm text-pretty">
          <span className="text-muted">{w("kind", { kind: share.kind })}:</span> {subjectOf(share)}
        </p>
        <Facts share={share} />
      </div>
      <div className="flex flex-wrap gap-2">
        {share.state !== "open" || share.link === undefined ? null : (
          <CopyButton text={share.link} copy={w("copy")} copied={w("copied")} size="sm" />
        )}
        <ButtonLink href={`/shares/${share.id}`} size="sm" aria-label={w("openOf", { label: share.label })}>
          {w("open")}
        </ButtonLink>
      </div>
    </li>
  );
}

export default async function Shares({ searchParams }: PageProps<"/shares">) {
  const viewer = await requireViewer("/shares");
  const { after } = await searchParams;
  const cursor = Array.isArray(after) ? after[0] : after;
  const empty = (
    <Empty
      title={w("emptyTitle")}
      text={w("emptyText")}
      action={<ButtonLink href="/">{w("emptyAction")}</ButtonLink>}
    />
  );
  const { shares, next } = canUpload(viewer)
    ? await listShares(database().db, { viewer, cursor, limit: pageRows })
    : { shares: [], next: undefined };
  return (
    <Page>
      <PageHeader title={w("title")} lead={w("lead")} />
      {shares.length === 0 ? (
        empty
      ) : (
        <ul className="border-t border-line">
          {shares.map((share) => (
            <Line key={share.id} share={share} />
          ))}
        </ul>
      )}
      <nav aria-label={w("title")} className="mt-4 flex flex-wrap gap-2 empty:hidden">
        {cursor === undefined ? null : <ButtonLink href="/shares">{w("newest")}</ButtonLink>}
        {next === undefined ? null : (
          <ButtonLink href={`/shares?after=${next}`} rel="next">
            {w("older")}
          </ButtonLink>
        )}
      </nav>
    </Page>
  );
}
