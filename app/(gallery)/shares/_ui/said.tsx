import type { ReactNode } from "react";
import { Moment } from "#app/_ui/moment.tsx";
import { mark, within } from "#app/_ui/within.ts";
import type { ShareView } from "#lib/shares/manage.ts";
import { words } from "#lib/words.ts";

const w = words("shares");

/** A sentence with a moment in it, which is written in the reader's own time. */
const withMoment = (key: "expires" | "expired" | "lastVisit", at: Date): ReactNode =>
  within(w(key, { date: mark(0) }), <Moment at={at} />);

/** What a share is of, as its maker knows it. */
export const subjectOf = (share: ShareView): string =>
  share.kind === "selection" ? share.title || w("untitled") : (share.albumTitle ?? w("untitled"));

function downloadsOf({ download, downloads, downloadsMax }: ShareView): string {
  if (download === "none") return w("lookOnly");
  return downloadsMax === null
    ? w("downloads", { n: downloads })
    : w("downloadsOf", { n: downloads, max: downloadsMax });
}

/** What is worth knowing of a share in one line, and `more` of it. */
export function Facts({ share, more = "" }: { share: ShareView; more?: string }) {
  const end = share.expiresAt;
  const facts: Record<string, ReactNode> = {
    waiting: share.waiting === 0 ? "" : w("waiting", { n: share.waiting }),
    end: end === null ? w("forever") : withMoment(share.state === "expired" ? "expired" : "expires", end),
    visits:
      share.visitsMax === null
        ? w("visits", { n: share.visits })
        : w("visitsOf", { n: share.visits, max: share.visitsMax }),
    downloads: share.kind === "inbox" ? "" : downloadsOf(share),
    originals: share.download === "originals" ? w("originals") : "",
    password: share.hasPassword ? w("withPassword") : "",
    last: share.lastVisitAt === null ? "" : withMoment("lastVisit", share.lastVisitAt),
    more,
  };
  return (
    <p className="text-sm text-pretty text-muted">
      {Object.entries(facts)
        .filter(([, fact]) => fact !== "")
        .map(([name, fact], n) => (
          <span key={name}>
            {n === 0 ? null : " · "}
            {fact}
          </span>
        ))}
    </p>
  );
}
