"use client";
import { type ReactNode, useEffect, useState } from "react";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { w } from "#lib/words/shares.ts";
import { chosenKey } from "../chosen-key.ts";
import { ShareForm } from "./share-form.tsx";

type Left = { selection: unknown; count: number | undefined };

/** What the gallery left behind when it sent the person here. */
function left(): Left | "nothing" {
  try {
    const said: unknown = JSON.parse(sessionStorage.getItem(chosenKey) ?? "null");
    if (typeof said !== "object" || said === null || !("selection" in said)) return "nothing";
    const count = "count" in said && typeof said.count === "number" ? said.count : undefined;
    return { selection: said.selection, count };
  } catch {
    // No storage, or something else in it: nothing was chosen.
    return "nothing";
  }
}

/** The form for chosen pictures: named in the address, or left in this tab because an address cannot hold thousands. */
export function Chosen({ ids, children }: { ids: string[] | undefined; children: ReactNode }) {
  const [chosen, setChosen] = useState<Left | "nothing" | undefined>(
    ids === undefined ? undefined : { selection: { ids }, count: ids.length },
  );
  useEffect(() => {
    if (ids === undefined) setChosen(left());
  }, [ids]);
  if (chosen === undefined) return null;
  if (chosen === "nothing") return children;
  return (
    <>
      <PageHeader
        title={w("newTitle")}
        lead={chosen.count === undefined ? w("newDescribed") : w("newSelection", { n: chosen.count })}
      />
      <ShareForm kind="selection">
        <input type="hidden" name="chosen" value={JSON.stringify(chosen.selection)} />
      </ShareForm>
    </>
  );
}
