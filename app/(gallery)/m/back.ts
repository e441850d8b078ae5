import { timeline } from "../href.ts";

/** The page of a list: where one goes when the picture is closed on a page of its own. */
export function pageOf(list: string): string {
  const dot = list.indexOf(".");
  const kind = dot === -1 ? list : list.slice(0, dot);
  const rest = dot === -1 ? "" : list.slice(dot + 1);
  if (kind === timeline) return "/";
  if (kind === "album") return `/albums/${encodeURIComponent(rest)}`;
  if (kind === "favourites") return "/favourites";
  if (kind === "search") return `/search?q=${encodeURIComponent(rest)}`;
  return "/";
}
