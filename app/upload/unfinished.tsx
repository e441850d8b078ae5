"use client";
import { useState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { w } from "#lib/words/upload.ts";
import type { Recovered, Uploads } from "./browser.ts";
import { reopen } from "./memory.ts";
import type { Row } from "./row.ts";

const namesMax = 3;
const missing = new Set(["missing"] as const);

const named = (rows: readonly Pick<Row, "name">[]): string => {
  const names = rows.slice(0, namesMax).map((row) => row.name);
  const more = rows.length - names.length;
  return more > 0 ? w("unfinishedNames", { names: names.join(", "), n: more }) : names.join(", ");
};

/** What a reload interrupted: one click where the browser still has the files at hand, else they are asked for by name. */
export function Unfinished({
  uploads,
  recovered,
  missingCount,
}: {
  uploads: Uploads;
  recovered: Recovered | undefined;
  missingCount: number;
}) {
  const [denied, setDenied] = useState(false);
  const { queue } = uploads;
  const rows = missingCount > 0 ? queue.rowsIn(missing) : [];
  const sources = queue.sourcesIn(missing);
  const elsewhere = recovered?.elsewhere ?? 0;

  const goOn = async () => {
    const picked = await reopen(sources);
    queue.add(picked);
    setDenied(picked.length < sources.length);
  };

  return (
    <>
      {rows.length > 0 ? (
        <Notice
          tone="warn"
          title={w("unfinishedTitle", { n: rows.length })}
          action={
            <div className="flex flex-wrap gap-2">
              {sources.length > 0 && !denied ? (
                <Button size="sm" variant="primary" onClick={goOn}>
                  {w("goOn")}
                </Button>
              ) : null}
              <Button size="sm" onClick={() => queue.cancel(rows.map((row) => row.id))}>
                {w("unfinishedDiscard")}
              </Button>
            </div>
          }
        >
          <p>
            {denied
              ? w("unfinishedDenied", { n: rows.length })
              : w(sources.length === rows.length ? "unfinishedGoOn" : "unfinishedChoose", { n: rows.length })}
          </p>
          <p className="text-muted">{named(rows)}</p>
        </Notice>
      ) : null}
      {elsewhere > 0 ? <Notice tone="info">{w("elsewhere", { n: elsewhere })}</Notice> : null}
    </>
  );
}

/** Open at the server and none of this browser's doing: shown last, because it is most likely another device at work. */
export function Strangers({ uploads, recovered }: { uploads: Uploads; recovered: Recovered | undefined }) {
  const [gone, setGone] = useState(false);
  const strangers = gone ? [] : (recovered?.strangers ?? []);
  if (strangers.length === 0) return null;
  return (
    <Notice
      tone="info"
      title={w("strangersTitle", { n: strangers.length })}
      action={
        <Button
          size="sm"
          onClick={() => {
            setGone(true);
            void uploads.discard(strangers.map((view) => view.id));
          }}
        >
          {w("unfinishedDiscard")}
        </Button>
      }
    >
      <p>{w("strangersText")}</p>
      <p className="text-muted">{named(strangers.map((view) => ({ name: view.filename })))}</p>
    </Notice>
  );
}
