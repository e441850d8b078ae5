/** Any origin will do: it only shows whether a path leads away from itself. */
const here = "http://tintype.invalid";

/** Where to go after signing in: a path on this site, or "/" for anything that could lead away from it. */
export function safeNext(value: unknown): string {
  // A backslash or a control character is read as part of a host by some browsers.
  if (typeof value !== "string" || value.length > 2000 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(value))
    return "/";
  const url = URL.parse(value, here);
  if (url === null || url.origin !== here) return "/";
  // Next's own mark on a navigation; as an address of a page it would show data instead of the page.
  if (url.searchParams.has("_rsc")) url.searchParams.delete("_rsc");
  const path = `${url.pathname}${url.search}${url.hash}`;
  return /^\/\//.test(path) || /^\/(sign-in|preferences\/mine)/.test(path) ? "/" : path;
}

/** The address of the sign-in page that leads back to `next`. */
export function signInPath(next: string): string {
  const safe = safeNext(next);
  return safe === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(safe)}`;
}

/** The address that leads to `next` in the language of the account. */
export const ownLanguagePath = (next: string): string =>
  `/preferences/mine?next=${encodeURIComponent(safeNext(next))}`;
