import type { ReactNode } from "react";
import type { BackupFacts, ComparisonFacts, GivenUp } from "#lib/keeping.ts";
import { words } from "#lib/words.ts";
import { Button } from "../../../_ui/button.tsx";
import { Moment } from "../../../_ui/moment.tsx";
import { Notice } from "../../../_ui/notice.tsx";
import { formatAge, formatBytes, formatNumber } from "../../_ui/format.ts";
import { retryGivenUp } from "../actions.ts";

const w = words("doctor");

/** How old the newest backup is, and what nobody tries any longer. */
export function Keeping({
  backups,
  work,
  compared,
}: {
  backups: BackupFacts | undefined;
  work: GivenUp;
  compared: ComparisonFacts | undefined;
}) {
  return (
    <div className="grid gap-4">
      {backups?.isLate ? (
        <Notice tone="warn" title={w("keepLate")}>
          {w("keepLateText")}
        </Notice>
      ) : null}
      {compared !== undefined && compared.findings > 0 ? (
        <Notice tone="warn" title={w("keepDrift", { n: compared.findings })}>
          {w("keepDriftText")} <code className="font-mono">npm run tintype -- reconcile</code>
        </Notice>
      ) : null}
      <dl className="grid divide-y divide-line rounded-lg border border-line bg-surface">
        {factsOf(backups).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
        <Fact name={w("keepCompared")}>
          {compared === undefined ? w("keepComparedNever") : <Compared {...compared} />}
        </Fact>
        <Fact name={w("keepWork")}>
          {work.count === 0 ? w("keepWorkNone") : w("keepWorkSome", { n: work.count })}
        </Fact>
      </dl>
      {work.count === 0 ? null : <Work work={work} />}
    </div>
  );
}

function factsOf(backups: BackupFacts | undefined): [string, ReactNode][] {
  if (backups === undefined) return [[w("keepNewest"), w("keepUnknown")]];
  const { everyHours, keep, newest, count, bytes } = backups;
  const none = everyHours > 0 ? w("keepNewestNone") : w("keepNewestOff");
  return [
    [w("keepEvery"), everyHours > 0 ? w("keepEveryHours", { n: everyHours, keep }) : w("keepEveryNone")],
    [w("keepNewest"), newest === undefined ? none : <Ago key="newest" at={newest} />],
    ...(count === 0
      ? []
      : ([[w("keepSize"), w("keepSizeOf", { n: count, size: formatBytes(bytes) })]] as [
          string,
          ReactNode,
        ][])),
  ];
}

function Compared({ at, findings, objects }: ComparisonFacts) {
  return (
    <>
      <Ago at={at} />
      {": "}
      {findings === 0 ? w("keepComparedAgree", { n: objects }) : w("keepDrift", { n: findings })}
    </>
  );
}

function Ago({ at }: { at: Date }) {
  return (
    <>
      {formatAge(at, new Date())} (<Moment at={at} />)
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 text-sm sm:grid-cols-[14rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

function Work({ work }: { work: GivenUp }) {
  return (
    <form action={retryGivenUp} className="grid gap-3">
      <ul className="grid divide-y divide-line rounded-lg border border-line bg-surface text-sm">
        {work.shown.map((one) => (
          <li key={one.id} className="grid gap-0.5 px-4 py-2.5">
            <span>
              {one.task === undefined
                ? w("keepPurge", { n: one.attempts })
                : w("keepJob", { task: one.task, n: one.attempts })}
            </span>
            <span className="break-words text-muted">
              <Moment at={one.at} /> {one.reason}
            </span>
          </li>
        ))}
        {work.count > work.shown.length ? (
          <li className="px-4 py-2.5 text-muted">… {formatNumber(work.count)}</li>
        ) : null}
      </ul>
      <Button type="submit" className="justify-self-start">
        {w("keepRetry")}
      </Button>
    </form>
  );
}
