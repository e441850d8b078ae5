import { signOut } from "#app/_session/actions.ts";
import { canAdminister, canUpload, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";

const w = words("shared");

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => Array.from(part)[0] ?? "")
    .join("")
    .toLocaleUpperCase();

/** A native popover: opens, closes on Escape and on a click elsewhere, and returns the focus, all without script. */
export function AccountMenu({ viewer }: { viewer: Viewer }) {
  const uploads = canUpload(viewer);
  const entry = (href: string, text: string, className?: string) => (
    <li className={className}>
      <a href={href}>{text}</a>
    </li>
  );
  return (
    <>
      <button
        type="button"
        popoverTarget="account-menu"
        aria-label={w("accountMenu", { name: viewer.name })}
        className="account"
      >
        <span aria-hidden="true">{initials(viewer.name)}</span>
      </button>
      <div popover="auto" id="account-menu">
        <p>{viewer.name}</p>
        <p>{viewer.email}</p>
        <ul>
          {canAdminister(viewer) ? entry("/admin", w("navAdmin"), "narrow") : null}
          {entry("/favourites", words("albums")("favourites"))}
          {uploads ? entry("/shares", words("shares")("title")) : null}
          {uploads ? entry("/tags", words("albums")("tags")) : null}
          {entry("/account", w("accountSettings"))}
          {entry("/preferences", words("site")("preferences"))}
          {uploads ? entry("/trash", words("account")("trashTitle")) : null}
          <li>
            <form action={signOut}>
              <button type="submit">{w("signOut")}</button>
            </form>
          </li>
        </ul>
      </div>
    </>
  );
}
