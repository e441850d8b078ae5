import type { Metadata } from "next";
import { cache } from "react";
import { renderSVG } from "uqr";
import { currentViewer, requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Field } from "#app/_ui/field.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Moment } from "#app/_ui/moment.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { CopyButton } from "#app/admin/_ui/copy-button.tsx";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { getShare, listVisits, type ShareView, type VisitView } from "#lib/shares/manage.ts";
import { visitDaysKept } from "#lib/shares/rules.ts";
import { words } from "#lib/words.ts";
import { Act } from "../_ui/act.tsx";
import { Facts, subjectOf } from "../_ui/said.tsx";
import { ShareForm } from "../_ui/share-form.tsx";
import { State } from "../_ui/state.tsx";

const w = words("shares");
const visitRows = 50;

const load = cache(async (id: string): Promise<ShareView | undefined> => {
  const viewer = await currentViewer();
  return getShare(database().db, { viewer, id }).catch((error: unknown) => {
    if (error instanceof TintypeError && error.code !== "internal") return undefined;
    throw error;
  });
});

export async function generateMetadata({ params }: PageProps<"/shares/[id]">): Promise<Metadata> {
  const share = await load((await params).id);
  return {
    title: share === undefined ? w("title") : `${share.label} · ${w("title")}`,
    robots: { index: false },
  };
}

const codeOf = (link: string): string =>
  `data:image/svg+xml,${encodeURIComponent(renderSVG(link, { border: 2, blackColor: "#000", whiteColor: "#fff" }))}`;

function Link({ share }: { share: ShareView }) {
  if (share.state === "revoked" || share.state === "gone") return null;
  if (share.link === undefined) return <Notice tone="warn">{w("linkLost")}</Notice>;
  return (
    <section className="flex flex-wrap items-start gap-6 rounded-lg border border-line bg-surface p-4">
      <div className="grid min-w-0 flex-1 basis-72 gap-3">
        <Field
          label={w("link")}
          hint={w(share.kind === "inbox" ? "linkHintInbox" : "linkHint")}
          value={share.link}
          readOnly
          dir="ltr"
        />
        <div>
          <CopyButton text={share.link} copy={w("copy")} copied={w("copied")} />
        </div>
      </div>
      <img
        src={codeOf(share.link)}
        alt={w("code", { label: share.label })}
        width={160}
        height={160}
        className="size-40 rounded-md border border-line bg-white"
      />
    </section>
  );
}

function Log({ visits }: { visits: VisitView[] }) {
  if (visits.length === 0) return <p className="text-muted">{w("logEmpty")}</p>;
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-96 border-collapse text-start text-sm">
        <thead>
          <tr className="border-b border-line text-muted">
            {(["when", "network", "browser"] as const).map((name) => (
              <th key={name} scope="col" className="py-2 pe-4 text-start font-medium">
                {w(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {visits.map((visit) => (
            <tr key={visit.id} className="border-b border-line last:border-0">
              <td className="py-2 pe-4 whitespace-nowrap">
                <Moment at={visit.at} />
              </td>
              <td className="py-2 pe-4 whitespace-nowrap">{visit.network || w("unknown")}</td>
              <td className="py-2">{visit.browser || w("unknown")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export default async function SharePage({ params, searchParams }: PageProps<"/shares/[id]">) {
  const viewer = await requireViewer();
  const { id } = await params;
  const share = await load(id);
  if (share === undefined) return missing();
  const { visits: cursor } = await searchParams;
  const log = await listVisits(database().db, {
    viewer,
    id,
    cursor: Array.isArray(cursor) ? cursor[0] : cursor,
    limit: visitRows,
  });
  const stateHint = w("stateHint", { state: share.state });
  const minutes = Math.ceil((settings().delivery.windowSeconds * 2) / 60);
  return (
    <Page className="grid gap-8">
      <div>
        <PageHeader
          title={
            <span className="flex flex-wrap items-center gap-3">
              {share.label} <State state={share.state} />
            </span>
          }
          lead={`${w("kind", { kind: share.kind })}: ${subjectOf(share)}`}
          actions={<ButtonLink href="/shares">{w("all")}</ButtonLink>}
        />
        <Facts share={share} more={stateHint} />
      </div>
      {share.kind === "inbox" ? (
        <ButtonLink
          href={`/shares/${id}/inbox`}
          variant={share.waiting === 0 ? "quiet" : "primary"}
          className="justify-self-start"
        >
          {w("inboxOpen", { n: share.waiting })}
        </ButtonLink>
      ) : null}
      <Link share={share} />
      <section className="grid gap-4">
        <h2 className="text-lg font-semibold">{w("settings")}</h2>
        <ShareForm
          kind={share.kind}
          current={{
            id: share.id,
            label: share.label,
            title: share.title,
            end: share.expiresAt ?? undefined,
            hasPassword: share.hasPassword,
            visitsMax: share.visitsMax,
            downloadsMax: share.downloadsMax,
            download: share.download,
            withAlbums: share.withAlbums,
            filesMax: share.filesMax,
            bytesMax: share.bytesMax,
          }}
        />
      </section>
      <section className="grid gap-3">
        <h2 className="text-lg font-semibold">{w("log")}</h2>
        <p className="max-w-prose text-sm text-muted">{w("logHint", { days: visitDaysKept })}</p>
        <Log visits={log.visits} />
        {log.next === undefined ? null : (
          <ButtonLink href={`/shares/${id}?visits=${log.next}`} className="justify-self-start">
            {w("logOlder")}
          </ButtonLink>
        )}
      </section>
      <section className="grid gap-4">
        <h2 className="text-lg font-semibold">{w("endTitle")}</h2>
        <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-3">
          {share.state === "revoked" ? null : (
            <>
              <Act id={id} act="revoke" hint={w("revokeHint", { minutes })} variant="danger" />
              <Act id={id} act="renew" hint={w("renewHint")} />
            </>
          )}
          <Act id={id} act="remove" hint={w("removeHint")} />
        </div>
      </section>
    </Page>
  );
}
