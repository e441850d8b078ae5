import { words } from "#lib/words.ts";

const w = words("site");

/**
 * Below every page, and as small as can be: whatever stands here is sent with each of them, so its looks are in
 * globals.css. Plain links: these pages are seldom opened, and the language of everything may change there.
 */
export function SiteFooter({ feed }: { feed: boolean }) {
  return (
    <footer className="site-footer">
      <a href="/preferences">{w("preferences")}</a>
      {feed ? <a href="/feed.xml">{w("feed")}</a> : null}
      {feed ? <a href="/embed/code">{w("embed")}</a> : null}
    </footer>
  );
}
