"use client";
import clsx from "clsx";
import { CircleAlert, CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import type { BrowserProbeId, Finding, ProbeId } from "#lib/doctor/finding.ts";
import { perLocale } from "#lib/locale.ts";
import { w } from "#lib/words/doctor.ts";
import { CopyButton } from "../../_ui/copy-button.tsx";

export type AnyFinding = Finding<ProbeId | BrowserProbeId>;

const looks = perLocale(() => ({
  ok: { icon: CircleCheck, colour: "text-good", label: w("verdictOk") },
  warn: { icon: TriangleAlert, colour: "text-warn", label: w("verdictWarn") },
  fail: { icon: CircleAlert, colour: "text-danger", label: w("verdictFail") },
  skipped: { icon: CircleDashed, colour: "text-muted", label: w("verdictSkipped") },
}));

/** What is wrong first and whole; what is well below it, folded away. */
export function Findings({ findings }: { findings: readonly AnyFinding[] }) {
  const wrong = [
    ...findings.filter(({ verdict }) => verdict === "fail"),
    ...findings.filter(({ verdict }) => verdict === "warn"),
  ];
  const well = findings.filter(({ verdict }) => verdict === "ok");
  const waiting = findings.filter(({ because }) => because !== undefined);
  const idle = findings.filter(({ verdict, because }) => verdict === "skipped" && because === undefined);
  return (
    <div className="grid gap-4">
      {wrong.length === 0 ? null : (
        <ul className="grid gap-3">
          {wrong.map((finding, n) => (
            <Wrong key={keyOf(finding)} finding={finding} before={wrong.slice(0, n)} />
          ))}
        </ul>
      )}
      <Folded label={w("waiting", { n: waiting.length })} findings={waiting} />
      <Folded label={w("well", { n: well.length })} findings={well} />
      <Folded label={w("idle", { n: idle.length })} findings={idle} />
    </div>
  );
}

const keyOf = ({ id, subject }: AnyFinding): string => `${id} ${subject ?? ""}`;

function Title({ finding }: { finding: AnyFinding }) {
  const { icon: Icon, colour, label } = looks()[finding.verdict];
  return (
    <>
      <Icon aria-hidden className={clsx("mt-0.5 size-4 shrink-0", colour)} />
      <span className="sr-only">{label}: </span>
      <span className="min-w-0">
        {w(`probes.${finding.id}.title`)}
        {finding.subject === undefined ? null : <span className="text-muted"> · {finding.subject}</span>}
      </span>
    </>
  );
}

function Wrong({ finding, before }: { finding: AnyFinding; before: readonly AnyFinding[] }) {
  const { change, id, found, verdict } = finding;
  const same = before.find((one) => change?.run !== undefined && one.change?.run === change.run);
  return (
    <li
      className={clsx(
        "grid gap-2 rounded-lg border bg-surface p-4",
        verdict === "fail" ? "border-danger/50" : "border-warn/50",
      )}
    >
      <h3 className="flex items-start gap-2 font-medium">
        <Title finding={finding} />
      </h3>
      <div className="grid grid-cols-1 gap-2 sm:ps-6">
        <p>{found}</p>
        <p className="text-sm text-muted">{w("proves", { what: w(`probes.${id}.proves`) })}</p>
        {change === undefined ? null : (
          <div className="mt-1 grid grid-cols-1 gap-2">
            <p>
              <strong className="font-medium">{w("change")}</strong>{" "}
              {same === undefined ? change.say : w("sameChange", { title: w(`probes.${same.id}.title`) })}
            </p>
            {change.run === undefined || same !== undefined ? null : <Command text={change.run} />}
          </div>
        )}
      </div>
    </li>
  );
}

/** A command, a document or variables, to be copied whole. */
function Command({ text }: { text: string }) {
  return (
    <div className="flex flex-wrap items-start gap-2 rounded-md border border-line bg-raised p-3 sm:flex-nowrap">
      <pre className="min-w-0 flex-1 basis-full font-mono text-xs leading-relaxed whitespace-pre-wrap sm:basis-auto">
        {text}
      </pre>
      <CopyButton text={text} copy={w("copy")} copied={w("copied")} size="sm" />
    </div>
  );
}

function Folded({ label, findings }: { label: string; findings: readonly AnyFinding[] }) {
  if (findings.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-surface">
      <summary className="min-h-10 rounded-lg px-4 py-2.5 text-sm font-medium hover:bg-raised">
        {label}
      </summary>
      <ul className="grid divide-y divide-line border-t border-line">
        {findings.map((finding) => (
          <li key={keyOf(finding)} className="grid gap-1 px-4 py-3 text-sm">
            <h3 className="flex items-start gap-2 font-medium">
              <Title finding={finding} />
            </h3>
            <p className="ps-6">
              {finding.because === undefined
                ? finding.found
                : w("because", { title: w(`probes.${finding.because}.title`) })}
            </p>
            <p className="ps-6 text-muted">{w("proves", { what: w(`probes.${finding.id}.proves`) })}</p>
          </li>
        ))}
      </ul>
    </details>
  );
}
