"use client";
import Link from "next/link";
import { useEffect, useState, useSyncExternalStore } from "react";
import { forgetSearches, recentSearches, rememberSearch } from "#app/_ui/recent-searches.ts";
import { searchHref } from "#lib/search/query.ts";

/** Keeps this search in the browser, for the next time. */
export function Remember({ query }: { query: string }) {
  useEffect(() => rememberSearch(query), [query]);
  return null;
}

const never = () => () => {};
const nothing = "[]";

/** What was searched for before; known to this browser alone, and nothing on the server's page. */
export function Recent({ title, forget }: { title: string; forget: string }) {
  const kept = useSyncExternalStore(
    never,
    () => JSON.stringify(recentSearches()),
    () => nothing,
  );
  const [forgotten, setForgotten] = useState(false);
  const searches: string[] = forgotten ? [] : JSON.parse(kept);
  if (searches.length === 0) return null;
  return (
    <section className="grid grid-cols-1 gap-2">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{title}</h2>
        <button
          type="button"
          className="min-h-8 rounded-md px-2 text-sm text-muted hover:text-ink pointer-coarse:min-h-10"
          onClick={() => {
            forgetSearches();
            setForgotten(true);
          }}
        >
          {forget}
        </button>
      </div>
      <ul className="flex flex-wrap gap-2">
        {searches.map((search) => (
          <li key={search} className="max-w-full">
            <Link
              href={searchHref(search)}
              className="inline-flex min-h-8 max-w-full items-center rounded-full border border-line bg-surface px-3 text-sm hover:bg-raised pointer-coarse:min-h-10"
            >
              <span className="truncate">{search}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
