import type { ReactNode } from "react";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { words } from "#lib/words.ts";

const w = words("share");

const ends = {
  unknown: ["unknownTitle", "unknownText"],
  revoked: ["revokedTitle", "revokedText"],
  expired: ["expiredTitle", "expiredText"],
  used: ["usedTitle", "usedText"],
  gone: ["goneTitle", "goneText"],
  album: ["albumGoneTitle", "albumGoneText"],
  picture: ["pictureGoneTitle", "pictureGoneText"],
  downloads: ["downloadsUsedTitle", "downloadsUsedText"],
  refused: ["downloadRefusedTitle", "downloadRefusedText"],
} as const;
export type End = keyof typeof ends;

export const endTitle = (state: End): string => w(ends[state][0]);

/** What stands where a link does not lead to pictures, or not any more. */
export function Ended({ state, action }: { state: End; action?: ReactNode }) {
  const [title, text] = ends[state];
  return (
    <Page>
      <Empty level={1} title={w(title)} text={w(text)} action={action} />
    </Page>
  );
}
