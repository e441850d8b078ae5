import type { Metadata } from "next";
import type { ReactNode } from "react";
import { database } from "#lib/database.ts";
import { type StorageFacts, storageFacts } from "#lib/doctor/desk.ts";
import { backupFacts, comparisonFacts, givenUp } from "#lib/keeping.ts";
import { storage } from "#lib/storage/current.ts";
import { perLocale, words } from "#lib/words.ts";
import { requireAdmin } from "../../_session/viewer.ts";
import { Notice } from "../../_ui/notice.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { formatBytes, formatNumber } from "../_ui/format.ts";
import { Soon } from "../_ui/soon.tsx";
import { Desk } from "./_ui/desk.tsx";
import { Keeping } from "./_ui/keeping.tsx";

const w = words("doctor");

export const generateMetadata = (): Metadata => ({ title: w("title") });

export default async function StoragePage() {
  const viewer = await requireAdmin("/admin/storage");
  const facts = await storageFacts(database().db, { viewer });
  const kept = Promise.all([
    backupFacts(storage(), { viewer }),
    givenUp(database().db, { viewer }),
    comparisonFacts(database().db, { viewer }),
  ]);
  return (
    <Page className="!max-w-4xl">
      <PageHeader title={w("title")} lead={w("lead")} />
      <div className="grid gap-10">
        <section aria-labelledby="facts" className="grid gap-4">
          <h2 id="facts" className="text-lg font-semibold">
            {w("factsTitle")}
          </h2>
          <Facts facts={facts} />
        </section>
        <section aria-labelledby="keeping" className="grid gap-4">
          <h2 id="keeping" className="text-lg font-semibold">
            {w("keepTitle")}
          </h2>
          {/* The bucket is asked: one that does not answer must not hold up the page that finds out why. */}
          <Soon value={kept}>
            {([backups, work, compared]) => <Keeping backups={backups} work={work} compared={compared} />}
          </Soon>
        </section>
        <noscript>
          <Notice tone="info" title={w("noScriptTitle")}>
            {w("noScriptText")} <code className="font-mono">npm run tintype -- storage doctor</code>
          </Notice>
        </noscript>
        <Desk />
      </div>
    </Page>
  );
}

const transports = perLocale(() => ({
  auto: w("transportAuto"),
  post: w("transportPost"),
  put: w("transportPut"),
}));

function Facts({ facts }: { facts: StorageFacts }) {
  const { bucket, folder, region, inside, outside, transport, mode, publicBase, encryption } = facts;
  const address = (url: string): ReactNode => <code className="font-mono text-[0.9em]">{url}</code>;
  const rows: [string, ReactNode][] = [
    [w("factBucket"), bucket],
    [w("factFolder"), folder === "" ? w("folderNone") : folder],
    [w("factRegion"), region],
    [w("factInside"), address(inside)],
    [w("factOutside"), inside === outside ? w("outsideSame") : address(outside)],
    [w("factTransport"), transports()[transport]],
    [
      w("factDelivery"),
      mode === "s3-presigned" || publicBase === undefined
        ? w("deliverySigned")
        : w("deliveryBase", { mode, base: publicBase }),
    ],
    [w("factEncryption"), encryption ?? w("encryptionNone")],
    [w("factPictures"), formatNumber(facts.pictures)],
    [w("factBytes"), formatBytes(facts.bytes)],
  ];
  return (
    <dl className="grid divide-y divide-line rounded-lg border border-line bg-surface">
      {rows.map(([name, value]) => (
        <div
          key={name}
          className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 text-sm sm:grid-cols-[14rem_minmax(0,1fr)]"
        >
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
