"use client";
import { type ReactNode, useEffect, useState } from "react";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { w } from "#lib/words/shares.ts";
import { chosenKey } from "../chosen-key.ts";
import { ShareForm } from "./share-form.tsx";

/** What the gallery left behind when it sent the person here. */
function left(): string[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(chosenKey) ?? "[]");
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    // No storage, or something else in it: nothing was chosen.
    return [];
  }
}

/** The form for chosen pictures: named in the address, or left in this tab because an address cannot hold thousands. */
export function Chosen({ ids: given, children }: { ids: string[] | undefined; children: ReactNode }) {
  const [ids, setIds] = useState<string[] | undefined>(given);
  useEffect(() => {
    if (given === undefined) setIds(left());
  }, [given]);
  if (ids === undefined) return null;
  if (ids.length === 0) return children;
  return (
    <>
      <PageHeader title={w("newTitle")} lead={w("newSelection", { n: ids.length })} />
      <ShareForm kind="selection">
        <input type="hidden" name="chosen" value={JSON.stringify(ids)} />
      </ShareForm>
    </>
  );
}
