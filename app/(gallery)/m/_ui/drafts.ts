"use client";
/** What was typed and not saved, kept in this tab: it outlives a step to another picture, a step back and a reload. */
import { useSyncExternalStore } from "react";
import { whose } from "#app/_ui/whose.ts";
import { type Texts, textNames } from "./texts.ts";

/** Whoever signs in next in this tab is somebody else. */
const key = (id: string): string => `tintype:draft:${whose()}:${id}`;

/** Of what is kept, what looks as it was written; anything else is as good as none. */
export function readDraft(kept: string | null): Texts | undefined {
  if (kept === null) return undefined;
  const all: unknown = JSON.parse(kept);
  if (typeof all !== "object" || all === null) return undefined;
  const entries = Object.entries(all).flatMap(([name, typed]) => {
    const isKnown = textNames.some((known) => known === name);
    const { text, before }: { text?: unknown; before?: unknown } = typed ?? {};
    return isKnown && typeof text === "string" && typeof before === "string"
      ? [[name, { text, before }]]
      : [];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

export function draftOf(id: string): Texts | undefined {
  try {
    return readDraft(sessionStorage.getItem(key(id)));
  } catch {
    // A browser that keeps nothing has no drafts.
    return undefined;
  }
}

export function keepDraft(id: string, draft: Texts | undefined): void {
  try {
    if (draft === undefined) sessionStorage.removeItem(key(id));
    else sessionStorage.setItem(key(id), JSON.stringify(draft));
  } catch {
    return;
  }
  for (const look of looking) look();
}

const looking = new Set<() => void>();
function look(changed: () => void): () => void {
  looking.add(changed);
  return () => looking.delete(changed);
}

/** Whether something about a picture is typed and not saved. */
export const useHasDraft = (id: string): boolean =>
  useSyncExternalStore(
    look,
    () => draftOf(id) !== undefined,
    () => false,
  );
