import { Search } from "lucide-react";
import Link from "next/link";
import { canAdminister, canUpload, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { AccountMenu } from "./account-menu.tsx";
import { ButtonLink } from "./button.tsx";
import { Mark } from "./mark.tsx";
import { NavLink } from "./nav-link.tsx";
import { SearchBox } from "./search-box.tsx";
import { SearchSign } from "./search-sign.tsx";

const w = words("shared");

export function SiteHeader({ viewer }: { viewer: Viewer | undefined }) {
  return (
    <header className="z-20 border-b border-line bg-page tall:sticky tall:top-0">
      <div className="flex min-h-14 items-center gap-1 px-2 sm:gap-2 sm:px-4">
        <Link
          href="/"
          className="inline-flex min-h-10 items-center gap-2 rounded-md px-1.5 font-semibold tracking-tight"
        >
          <Mark className="size-6 text-accent" />
          <span className={viewer ? "sr-only sm:not-sr-only" : undefined}>{w("name")}</span>
        </Link>
        <nav aria-label={w("navigation")} className="flex min-w-0 flex-1 items-center">
          {/* On a narrow screen the mark beside it leads there. */}
          <NavLink href="/" wide>
            {w("navGallery")}
          </NavLink>
          <NavLink href="/albums">{w("navAlbums")}</NavLink>
          {canUpload(viewer) ? <NavLink href="/upload">{w("navUpload")}</NavLink> : null}
          {canAdminister(viewer) ? (
            <NavLink href="/admin" wide>
              {w("navAdmin")}
            </NavLink>
          ) : null}
        </nav>
        {/* The page of the search has a box of its own: see its style sheet. */}
        <div data-search="header" className="hidden w-56 md:block lg:w-80">
          <SearchBox label={words("search")("box")} placeholder={words("search")("placeholder")}>
            <SearchSign />
          </SearchBox>
        </div>
        <Link
          href="/search"
          data-search="header"
          aria-label={words("search")("open")}
          className="inline-flex size-10 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink md:hidden"
        >
          <Search aria-hidden className="size-5" />
        </Link>
        {viewer ? (
          <AccountMenu viewer={viewer} />
        ) : (
          <ButtonLink href="/sign-in" variant="plain">
            {w("signIn")}
          </ButtonLink>
        )}
      </div>
    </header>
  );
}
