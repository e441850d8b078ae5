/** The searches that somebody made in this browser; the list of them never leaves it. Safe in the browser. */
import { whose } from "./whose.ts";

const recentKey = "tintype.searches";
export const recentMax = 8;

/** What this person searched for before in this browser, latest first. */
export function recentSearches(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(recentKey) ?? "[]");
    // Somebody else's are not shown, and go when this person searches.
    if (!Array.isArray(kept) || kept[0] !== `@${whose()}`) return [];
    return kept
      .slice(1)
      .filter((one) => typeof one === "string")
      .slice(0, recentMax);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return [];
    throw error;
  }
}

export function rememberSearch(query: string): void {
  if (query.trim() === "") return;
  keep([query, ...recentSearches().filter((one) => one !== query)].slice(0, recentMax));
}

export const forgetSearches = (): void => keep([]);

function keep(searches: string[]): void {
  try {
    if (searches.length === 0) localStorage.removeItem(recentKey);
    else localStorage.setItem(recentKey, JSON.stringify([`@${whose()}`, ...searches]));
  } catch (error) {
    // A browser that keeps nothing still searches.
    if (!(error instanceof DOMException)) throw error;
  }
}
