"use client";
import clsx from "clsx";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { type Finding, tally } from "#lib/doctor/finding.ts";
import type { Seen } from "#lib/doctor/trial.ts";
import { w } from "#lib/words/doctor.ts";
import { Button } from "../../../_ui/button.tsx";
import { Notice } from "../../../_ui/notice.tsx";
import { bar } from "../../../upload/bar.ts";
import { AskFailure, beginTrial, endTrial, examine } from "../ask.ts";
import { tryFromHere } from "../try.ts";
import { type AnyFinding, Findings } from "./findings.tsx";

const browserSteps = 5;

type State = {
  phase: "idle" | "working" | "done" | "failed";
  findings: readonly AnyFinding[];
  done: number;
  of: number;
  /** The server's sentence for why it failed. */
  reason: string;
};
const idle: State = { phase: "idle", findings: [], done: 0, of: 0, reason: "" };

/** Runs one kind of examination at a time and keeps what it found; leaving the page ends it. */
function useExamination(work: (signal: AbortSignal, put: (change: Partial<State>) => void) => Promise<void>) {
  const [state, setState] = useState(idle);
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  const start = async (): Promise<void> => {
    if (state.phase === "working") return;
    const leaving = new AbortController();
    current.current = leaving;
    const put = (change: Partial<State>): void => {
      if (!leaving.signal.aborted) setState((before) => ({ ...before, ...change }));
    };
    setState({ ...idle, phase: "working" });
    try {
      await work(leaving.signal, put);
      put({ phase: "done" });
    } catch (error) {
      if (!(error instanceof AskFailure)) throw error;
      put({ phase: "failed", reason: error.message });
    }
  };
  return { state, start };
}

/** Both examinations: what the server sees of the bucket, and what this browser does. */
export function Desk() {
  const server = useExamination(fromServer);
  const browser = useExamination(fromBrowser);
  return (
    <div className="grid gap-10">
      <Examination
        title={w("serverTitle")}
        lead={w("serverLead")}
        button={w("serverButton")}
        again={w("serverAgain")}
        {...server}
      />
      <Examination
        title={w("browserTitle")}
        lead={w("browserLead")}
        button={w("browserButton")}
        again={w("browserAgain")}
        {...browser}
      />
    </div>
  );
}

async function fromServer(signal: AbortSignal, put: (change: Partial<State>) => void): Promise<void> {
  const findings: Finding[] = [];
  let of = 0;
  for await (const line of examine(signal)) {
    if ("probes" in line) of = line.probes;
    else findings.push(line);
    put({ findings: [...findings], done: findings.length, of });
  }
  // A server that was stopped half-way ends its answer without saying so.
  if (findings.length < of) throw new AskFailure(w("brokenOff"));
}

async function fromBrowser(_signal: AbortSignal, put: (change: Partial<State>) => void): Promise<void> {
  put({ of: browserSteps });
  const trial = await beginTrial();
  const seen: Seen[] = [];
  await tryFromHere(trial, (step) => {
    seen.push(step);
    put({ done: seen.length });
  });
  const uploadId = trial.part?.uploadId;
  const found = await endTrial(trial.id, { seen, ...(uploadId === undefined ? {} : { uploadId }) });
  const untried: AnyFinding[] = [
    ...(trial.post === undefined
      ? [{ id: "browserPost", verdict: "skipped", found: w("noForms") } as const]
      : []),
    ...(trial.part === undefined
      ? [{ id: "browserPart", verdict: "skipped", found: w("noParts") } as const]
      : []),
  ];
  put({ findings: [...found, ...untried], done: browserSteps });
}

function Examination(props: {
  title: string;
  lead: string;
  button: string;
  again: string;
  state: State;
  start: () => Promise<void>;
}) {
  const { state, start } = props;
  const heading = useId();
  const working = state.phase === "working";
  return (
    <section aria-labelledby={heading} className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="grid min-w-0 flex-1 basis-72 gap-1">
          <h2 id={heading} className="text-lg font-semibold">
            {props.title}
          </h2>
          <p className="max-w-prose text-sm text-muted">{props.lead}</p>
        </div>
        <Button
          type="button"
          variant={state.phase === "idle" ? "primary" : "quiet"}
          aria-disabled={working}
          onClick={start}
        >
          {working ? w("working") : state.phase === "idle" ? props.button : props.again}
        </Button>
      </div>
      {working ? <Progress done={state.done} of={state.of} label={props.title} /> : null}
      <Result state={state} />
      {state.findings.length === 0 ? null : <Findings findings={state.findings} />}
    </section>
  );
}

function Progress({ done, of, label }: { done: number; of: number; label: string }) {
  return (
    <div className="grid gap-1.5">
      <progress
        aria-label={label}
        className={clsx(bar, "h-2")}
        {...(of === 0 ? {} : { max: of, value: done })}
      />
      <p className="text-sm text-muted tabular-nums">
        {of === 0 ? w("starting") : w("progress", { done, of })}
      </p>
    </div>
  );
}

function Result({ state }: { state: State }): ReactNode {
  if (state.phase === "failed")
    return (
      <Notice tone="bad" title={w("failedTitle")}>
        {state.reason === "" ? w("failedText") : state.reason}
      </Notice>
    );
  if (state.phase !== "done") return null;
  const { fail, warn } = tally(state.findings);
  if (fail > 0)
    return (
      <Notice tone="bad" title={w("faults", { n: fail })}>
        {w("faultsText")}
      </Notice>
    );
  if (warn > 0)
    return (
      <Notice tone="warn" title={w("warnings", { n: warn })}>
        {w("warningsText")}
      </Notice>
    );
  return (
    <Notice tone="good" title={w("allWell")}>
      {w("allWellText")}
    </Notice>
  );
}
