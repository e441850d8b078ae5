import Link from "next/link";
import { words } from "#lib/words.ts";

const w = words("site");
const entry = "inline-flex min-h-10 items-center px-2 hover:text-ink hover:underline";

/** Below every page, and small: whatever stands here is sent with each of them. */
export function SiteFooter({ feed }: { feed: boolean }) {
  return (
    <footer className="flex flex-wrap justify-center px-2 py-3 text-sm text-muted">
      <Link href="/preferences" prefetch={false} className={entry}>
        {w("preferences")}
      </Link>
      {feed ? (
        <>
          <a href="/feed.xml" className={entry}>
            {w("feed")}
          </a>
          <Link href="/embed/code" prefetch={false} className={entry}>
            {w("embed")}
          </Link>
        </>
      ) : null}
    </footer>
  );
}
