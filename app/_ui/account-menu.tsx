import Link from "next/link";
import { signOut } from "#app/_session/actions.ts";
import { canAdminister, canUpload, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";

const w = words("shared");
const entry = "flex min-h-10 w-full items-center rounded-md px-3 text-start text-sm hover:bg-raised";

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => Array.from(part)[0] ?? "")
    .join("")
    .toLocaleUpperCase();

/** A native popover: opens, closes on Escape and on a click elsewhere, and returns the focus, all without script. */
export function AccountMenu({ viewer }: { viewer: Viewer }) {
  return (
    <>
      <button
        type="button"
        popoverTarget="account-menu"
        aria-label={w("accountMenu", { name: viewer.name })}
        className="inline-flex size-10 items-center justify-center rounded-full bg-raised text-sm font-semibold"
      >
        <span aria-hidden="true">{initials(viewer.name)}</span>
      </button>
      <div
        popover="auto"
        id="account-menu"
        className="fixed inset-auto top-14 end-2 m-0 w-64 rounded-lg border border-line bg-surface p-2 text-ink shadow-xl"
      >
        <div className="border-b border-line px-3 pt-1 pb-3">
          <p className="truncate font-medium">{viewer.name}</p>
          <p className="truncate text-sm text-muted">{viewer.email}</p>
        </div>
        <ul className="pt-2">
          {canAdminister(viewer) ? (
            <li className="sm:hidden">
              <Link href="/admin" className={entry}>
                {w("navAdmin")}
              </Link>
            </li>
          ) : null}
          <li>
            <Link href="/favourites" prefetch={false} className={entry}>
              {words("albums")("favourites")}
            </Link>
          </li>
          {canUpload(viewer) ? (
            <li>
              <Link href="/shares" prefetch={false} className={entry}>
                {words("shares")("title")}
              </Link>
            </li>
          ) : null}
          {canUpload(viewer) ? (
            <li>
              <Link href="/tags" prefetch={false} className={entry}>
                {words("albums")("tags")}
              </Link>
            </li>
          ) : null}
          <li>
            <Link href="/account" className={entry}>
              {w("accountSettings")}
            </Link>
          </li>
          <li>
            <Link href="/preferences" prefetch={false} className={entry}>
              {words("site")("preferences")}
            </Link>
          </li>
          {canUpload(viewer) ? (
            <li>
              <Link href="/trash" className={entry}>
                {words("account")("trashTitle")}
              </Link>
            </li>
          ) : null}
          <li>
            <form action={signOut}>
              <button type="submit" className={entry}>
                {w("signOut")}
              </button>
            </form>
          </li>
        </ul>
      </div>
    </>
  );
}
