import Link from "next/link";
import { database } from "#lib/database.ts";
import type { Viewer } from "#lib/media.ts";
import { searchHref } from "#lib/search/query.ts";
import { beginnings } from "#lib/search/suggest.ts";
import { locale, perLocale, words } from "#lib/words.ts";
import { Recent } from "./recent.tsx";

const w = words("search");
const dayFormat = perLocale(
  (tag) => new Intl.DateTimeFormat(tag, { month: "long", day: "numeric", timeZone: "UTC" }),
);

type Entry = { label: string; query: string; count?: number };

function Entries({ title, entries }: { title: string; entries: Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <section className="grid grid-cols-1 content-start gap-2">
      <h2 className="font-semibold">{title}</h2>
      <ul className="flex flex-wrap gap-2">
        {entries.map(({ label, query, count }) => (
          <li key={query} className="max-w-full">
            <Link
              href={searchHref(query)}
              prefetch={false}
              className="inline-flex min-h-8 max-w-full items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm hover:bg-raised pointer-coarse:min-h-10"
            >
              <span className="truncate">{label}</span>
              {count === undefined ? null : (
                <span className="text-muted">{new Intl.NumberFormat(locale()).format(count)}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What can be typed, by example; each example is a search. */
const examples = [
  { text: "words", queries: ["beach sunset"] },
  { text: "exact", queries: ['"old harbour"'] },
  { text: "without", queries: ["beach -rain"] },
  { text: "date", queries: ["2019", "2019-07", "2019..2021"] },
  { text: "names", queries: ["tag:family", 'album:"Summer in Busan"', 'camera:"X-T4"', "lens:35mm"] },
  { text: "kind", queries: ["type:gif", "orientation:portrait", "color:blue", "size:>=12mp"] },
  { text: "own", queries: ["is:favourite", "rating:>=4", "is:private"] },
  { text: "lacks", queries: ["no:alt", "no:title"] },
  { text: "place", queries: ["place:Busan", "near:37.56,126.97,10km"] },
] as const;

/** The page before anything was asked: what one asked before, what there is, and how to ask. */
export async function Beginning({ viewer }: { viewer: Viewer | undefined }) {
  const { tags, albums, places, cameras, lenses } = await beginnings(database().db, viewer);
  const today = new Date();
  const monthDay = today.toISOString().slice(5, 10);
  const shown =
    viewer === undefined ? examples.filter(({ text }) => text !== "own" && text !== "place") : examples;
  return (
    <div className="mx-auto grid max-w-4xl grid-cols-1 gap-8 px-2 pb-12 sm:px-0">
      <Recent title={w("startRecent")} forget={w("startRecentClear")} />
      <Entries title={w("startTags")} entries={tags} />
      <Entries title={w("startAlbums")} entries={albums} />
      <Entries title={w("startPlaces")} entries={places} />
      <Entries title={w("startCameras")} entries={cameras} />
      <Entries title={w("startLenses")} entries={lenses} />
      <Entries
        title={w("startDay")}
        entries={[
          { label: w("startDayLink", { date: dayFormat().format(today) }), query: `on:${monthDay}` },
          ...[1, 5, 10].map((years) => {
            const year = String(today.getUTCFullYear() - years);
            return { label: w("startYearsLink", { year }), query: `on:${monthDay} ${year}` };
          }),
        ]}
      />
      <section className="grid gap-3">
        <h2 className="font-semibold">{w("helpTitle")}</h2>
        <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-[auto_1fr]">
          {shown.map(({ text, queries }) => (
            <div key={text} className="grid gap-1 sm:contents">
              <dt className="flex flex-wrap gap-2">
                {queries.map((query) => (
                  <Link
                    key={query}
                    href={searchHref(query)}
                    prefetch={false}
                    className="inline-flex min-h-8 items-center rounded-md bg-raised px-2 font-mono text-sm hover:underline pointer-coarse:min-h-10"
                  >
                    {query}
                  </Link>
                ))}
              </dt>
              <dd className="self-center text-sm text-muted">{w(`help.${text}`)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
