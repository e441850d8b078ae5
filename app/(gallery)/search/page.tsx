import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { currentViewer } from "#app/_session/viewer.ts";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { SearchBox } from "#app/_ui/search-box.tsx";
import { SearchSign } from "#app/_ui/search-sign.tsx";
import { canAdminister } from "#lib/media.ts";
import { waitToSearch } from "#lib/search/pace.ts";
import { queryOfPanel } from "#lib/search/panel.ts";
import { type Clause, parseQuery, queryCharsMax, searchHref, writeQuery } from "#lib/search/query.ts";
import { words } from "#lib/words.ts";
import { Beginning } from "./_ui/beginning.tsx";
import { Broken } from "./_ui/broken.tsx";
import { Chips } from "./_ui/chips.tsx";
import { FilterPanel } from "./_ui/filter-panel.tsx";
import { Further } from "./_ui/further.tsx";
import { Nothing } from "./_ui/nothing.tsx";
import { Remember } from "./_ui/recent.tsx";
import { Results } from "./_ui/results.tsx";
import { Slow } from "./_ui/slow.tsx";
import { found } from "./found.ts";
import "../gallery.css";
import "./search.css";

const w = words("search");

const text = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value[0] : value) ?? "";

export async function generateMetadata({ searchParams }: PageProps<"/search">): Promise<Metadata> {
  const query = text((await searchParams).q).slice(0, queryCharsMax);
  return { title: query === "" ? w("title") : w("titleOf", { query }), robots: { index: false } };
}

async function Answer({ clauses, after, before }: { clauses: Clause[]; after: string; before: string }) {
  const viewer = await currentViewer();
  const cursor = before || after || undefined;
  const wait = await waitToSearch({ headers: await headers(), viewer });
  if (wait !== undefined) return <Slow query={writeQuery(clauses)} wait={wait} />;
  const answer = await found(viewer, clauses, cursor);
  if (answer === undefined) return missing();
  if (answer === "too slow") return <Slow query={writeQuery(clauses)} />;
  const { media, reached } = answer.page;
  if (media.length === 0 && reached !== undefined)
    return <Further page={answer.page} reached={reached} query={writeQuery(clauses)} />;
  if (media.length === 0) return <Nothing viewer={viewer} clauses={clauses} />;
  return <Results answer={answer} clauses={clauses} cursor={cursor} />;
}

export default async function Search({ searchParams }: PageProps<"/search">) {
  const params = await searchParams;
  const sent = queryOfPanel(params);
  if (sent !== undefined) redirect(searchHref(sent));
  const typed = text(params.q);
  const { clauses, problems } = parseQuery(typed);
  const viewer = await currentViewer();
  return (
    <Page width="full">
      <div data-search="page" className="mx-auto grid max-w-4xl gap-3 px-2 pb-4 sm:px-0">
        <h1 className="sr-only">{w("title")}</h1>
        <div className="flex items-start gap-2">
          <SearchBox
            key={typed}
            label={w("box")}
            placeholder={w("placeholder")}
            defaultValue={typed}
            autoFocus={typed === ""}
          >
            <SearchSign />
          </SearchBox>
        </div>
        {clauses.length === 0 ? null : <Chips clauses={clauses} />}
        <FilterPanel clauses={clauses} signedIn={viewer !== undefined} administers={canAdminister(viewer)} />
      </div>
      {problems.length > 0 ? (
        <Broken problems={problems} clauses={clauses} />
      ) : clauses.length === 0 ? (
        <Beginning viewer={viewer} />
      ) : (
        <>
          <Remember query={writeQuery(clauses)} />
          <Answer clauses={clauses} after={text(params.after)} before={text(params.before)} />
        </>
      )}
    </Page>
  );
}
