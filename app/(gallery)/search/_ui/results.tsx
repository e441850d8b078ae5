import { ButtonLink } from "#app/_ui/button.tsx";
import { searchListName } from "#lib/search/list.ts";
import { type Clause, searchHref, writeQuery } from "#lib/search/query.ts";
import { countMax } from "#lib/search/search.ts";
import { perLocale, words } from "#lib/words.ts";
import { Stream, type StreamWords } from "../../_ui/stream.tsx";
import { sheetOf } from "../../sheet.ts";
import type { Answer } from "../found.ts";
import { monthOf } from "./month-of.ts";

const w = words("search");
const g = words("gallery");

const streamWords = perLocale(
  (): StreamWords => ({
    list: w("list"),
    older: g("older"),
    loading: g("loading"),
    loaded: g("loaded"),
    end: g("end"),
    loadFailed: g("loadFailed"),
    tryAgain: g("tryAgain"),
    unavailable: g("unavailable"),
    public: g("markPublic"),
    unlisted: g("markUnlisted"),
    animated: g("markAnimated"),
    choose: g("choose"),
  }),
);

const eagerUsual = 6;
const fewMax = 4;

export function Results({
  answer: { page, count },
  clauses,
  cursor,
}: {
  answer: Answer;
  clauses: Clause[];
  cursor: string | undefined;
}) {
  const query = writeQuery(clauses);
  const path = searchHref(query);
  return (
    <>
      <p role="status" className="px-2 pb-3 text-center text-sm text-muted">
        {count === undefined
          ? page.reached && w("furtherMore", { month: monthOf(page.reached) })
          : count > countMax
            ? w("foundMore", { count: countMax })
            : w("found", { count })}
      </p>
      {page.previous === undefined ? null : (
        <div className="flex justify-center pb-4">
          <ButtonLink href={`${path}&before=${page.previous}`} rel="prev" variant="plain">
            {w("newer")}
          </ButtonLink>
        </div>
      )}
      <Stream
        // Another search, or another page of it, starts with a list of its own.
        key={`${query} ${cursor ?? ""}`}
        list={searchListName(query)}
        path={path}
        sheet={sheetOf(page.media)}
        next={page.next}
        ahead={[]}
        eager={eagerUsual}
        few={page.media.length <= fewMax && page.next === undefined && page.previous === undefined}
        words={streamWords()}
      />
    </>
  );
}
