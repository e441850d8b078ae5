"use client";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { w } from "#lib/words/upload.ts";
import { openUploads, type Recovered, type Uploads } from "./browser.ts";
import { Choose } from "./choose.tsx";
import { useDrop } from "./drop.ts";
import { Filtered, type Shown } from "./filtered.tsx";
import type { SizeLimits } from "./judge.ts";
import { useKeepFocus } from "./keep-focus.ts";
import type { Picked } from "./pick.ts";
import { Say, type Told } from "./say.tsx";
import { anyShared, pickShared } from "./shared.ts";
import { Summary } from "./summary.tsx";
import { TotalsBar } from "./totals.tsx";
import { Strangers, Unfinished } from "./unfinished.tsx";
import { useQueue } from "./watch.ts";

/** Files are handed over in portions, so that a folder of thousands begins to upload while it is still being read. */
const portion = 200;

export function UploadForm({ owner, most }: { owner: string; most: SizeLimits }) {
  return (
    <>
      <PageHeader title={w("title")} lead={`${w("lead")} ${w("private")}`} />
      <UploadDesk owner={owner} most={most} />
    </>
  );
}

/** Somebody without an account: where they ask, and what they read. */
type GuestDesk = {
  base: string;
  /** At the end, instead of the way to the gallery. */
  thanks: string;
  /** What became of pictures of earlier visits. */
  sent: ReactNode;
  /** Why nothing more can be chosen, where that is so. */
  full: ReactNode | undefined;
};

/** Everything below the heading. */
export function UploadDesk({ owner, most, guest }: { owner: string; most: SizeLimits; guest?: GuestDesk }) {
  const [uploads, setUploads] = useState<Uploads>();
  const base = guest?.base;
  // The queue needs a browser; the server renders the empty page.
  useEffect(() => setUploads(openUploads(owner, most, base)), [owner, most, base]);
  return uploads === undefined ? (
    <div className="grid gap-4">
      {guest?.sent}
      {guest?.full ?? <Choose take={undefined} small={false} most={most} plain={guest === undefined} />}
    </div>
  ) : (
    <Desk uploads={uploads} most={most} guest={guest} />
  );
}

function Desk({
  uploads,
  most,
  guest,
}: {
  uploads: Uploads;
  most: SizeLimits;
  guest: GuestDesk | undefined;
}) {
  const { queue } = uploads;
  const router = useRouter();
  const state = useQueue(queue);
  const [told, setTold] = useState<Told>();
  const [shown, setShown] = useState<Shown>("all");
  const [recovered, setRecovered] = useState<Recovered>();

  useEffect(() => {
    let here = true;
    uploads.recover().then((found) => {
      if (here) setRecovered(found);
    });
    return () => {
      here = false;
    };
  }, [uploads]);

  const take = useCallback(
    async (files: AsyncIterable<Picked>) => {
      const sum: Told = { added: 0, refused: 0, continued: 0 };
      let some: Picked[] = [];
      const hand = () => {
        const { added, refused, continued } = queue.add(some);
        sum.added += added;
        sum.refused += refused;
        sum.continued += continued;
        some = [];
      };
      for await (const one of files) {
        some.push(one);
        if (some.length >= portion) hand();
      }
      hand();
      setTold({ ...sum });
    },
    [queue],
  );
  useEffect(() => {
    anyShared().then((any) => {
      if (any) take(pickShared());
    });
  }, [take]);
  // What was begun before the link was full may be chosen again.
  const full = state.count.missing === 0 ? guest?.full : undefined;
  const over = useDrop(full === undefined ? take : undefined);
  const whole = useRef<HTMLDivElement>(null);
  useKeepFocus(whole);
  const any = state.order.length > 0;
  const working = state.inHand > 0 || state.count.verifying > 0;
  const ended = state.count.ready + state.count.duplicate + state.count.refused + state.count.failed > 0;
  const isGuest = guest !== undefined;
  const isDone = ended && !working;
  useEffect(() => {
    // How much the link still takes, and whether it takes anything, the server knows.
    if (isGuest && isDone) router.refresh();
  }, [isGuest, isDone, router]);
  useTitle(useMemo(() => titleOf(state.inHand, state.bytesSent, state.bytesWanted), [state]));

  return (
    <div ref={whole} tabIndex={-1} className="grid gap-4 outline-none">
      <Unfinished uploads={uploads} recovered={recovered} missingCount={state.count.missing} />
      {any ? null : guest?.sent}
      {full ?? <Choose take={take} small={any} most={most} plain={!isGuest} />}
      {working ? <TotalsBar queue={queue} state={state} /> : null}
      {!working && ended ? (
        <Summary state={state} thanks={guest?.thanks} showProblems={() => setShown("problems")} />
      ) : null}
      {any ? <Filtered queue={queue} state={state} shown={shown} setShown={setShown} most={most} /> : null}
      <Strangers uploads={uploads} recovered={recovered} />
      <Say queue={queue} told={told} />
      {over ? (
        <div
          aria-hidden="true"
          className="pointer-events-none fixed inset-2 z-30 grid place-items-center rounded-lg border-2 border-dashed border-accent bg-page/85 text-xl font-semibold text-accent"
        >
          {w("dropNow")}
        </div>
      ) : null}
    </div>
  );
}

const titleOf = (inHand: number, done: number, total: number): string =>
  inHand === 0 || total === 0 ? "" : `(${Math.floor((done / total) * 100)} %) `;

/** How far it is, in the name of the tab: that is what one sees of a page in the background. */
function useTitle(prefix: string): void {
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+ %\) /, "");
    document.title = `${prefix}${plain}`;
    return () => {
      document.title = document.title.replace(/^\(\d+ %\) /, "");
    };
  }, [prefix]);
}
