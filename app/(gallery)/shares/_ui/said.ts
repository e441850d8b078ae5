import type { ShareView } from "#lib/shares/manage.ts";
import { perLocale, words } from "#lib/words.ts";

const w = words("shares");

const moment = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }),
);
/** As everywhere else on the site: UTC. */
export const momentOf = (date: Date): string => `${moment().format(date)} UTC`;

/** What a share is of, as its maker knows it. */
export const subjectOf = (share: ShareView): string =>
  share.kind === "selection" ? share.title || w("untitled") : (share.albumTitle ?? w("untitled"));

function downloadsOf({ download, downloads, downloadsMax }: ShareView): string {
  if (download === "none") return w("lookOnly");
  return downloadsMax === null
    ? w("downloads", { n: downloads })
    : w("downloadsOf", { n: downloads, max: downloadsMax });
}

/** What is worth knowing of a share in one line. */
export function factsOf(share: ShareView): string[] {
  const end = share.expiresAt;
  return [
    ...(share.waiting === 0 ? [] : [w("waiting", { n: share.waiting })]),
    end === null
      ? w("forever")
      : w(share.state === "expired" ? "expired" : "expires", { date: momentOf(end) }),
    share.visitsMax === null
      ? w("visits", { n: share.visits })
      : w("visitsOf", { n: share.visits, max: share.visitsMax }),
    ...(share.kind === "inbox" ? [] : [downloadsOf(share)]),
    ...(share.download === "originals" ? [w("originals")] : []),
    ...(share.hasPassword ? [w("withPassword")] : []),
    ...(share.lastVisitAt === null ? [] : [w("lastVisit", { date: momentOf(share.lastVisitAt) })]),
  ];
}
