import { headers } from "next/headers";
import { canAdminister, canUpload, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { AccountMenu } from "./account-menu.tsx";
import { HeaderScript } from "./header-script.tsx";
import { isCurrent } from "./is-current.ts";

const w = words("shared");

/**
 * Above every page, and sent with each of them twice, as HTML and for React: as short as can be, its looks and signs in
 * header.css. Plain links and a plain form, which HeaderScript looks after.
 */
export async function SiteHeader({ viewer }: { viewer: Viewer | undefined }) {
  const [path = "/"] = ((await headers()).get("x-tintype-path") ?? "/").split("?");
  const link = (href: string, text: string, wide?: boolean) => (
    <a
      href={href}
      aria-current={isCurrent(href, path) ? "page" : undefined}
      className={wide ? "wide" : undefined}
    >
      {text}
    </a>
  );
  return (
    // The end of an id is enough to tell two people apart: see whose.ts.
    <header className="site-header" data-who={viewer?.id.slice(-8)}>
      <a href="/" className="brand">
        {viewer === undefined ? w("name") : <span>{w("name")}</span>}
      </a>
      <nav aria-label={w("navigation")}>
        {/* On a narrow screen the mark beside it leads there. */}
        {link("/", w("navGallery"), true)}
        {link("/albums", w("navAlbums"))}
        {canUpload(viewer) ? link("/upload", w("navUpload")) : null}
        {canAdminister(viewer) ? link("/admin", w("navAdmin"), true) : null}
      </nav>
      {/* The page of the search has a box of its own: see its style sheet. */}
      <search data-search="header">
        <form action="/search">
          <input
            type="search"
            name="q"
            aria-label={words("search")("box")}
            aria-keyshortcuts="/"
            placeholder={words("search")("placeholder")}
            maxLength={400}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="search"
          />
        </form>
      </search>
      <a href="/search" data-search="header" className="to-search">
        <span>{words("search")("open")}</span>
      </a>
      {viewer ? <AccountMenu viewer={viewer} /> : <a href="/sign-in">{w("signIn")}</a>}
      <HeaderScript />
    </header>
  );
}
