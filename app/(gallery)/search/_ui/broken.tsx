import { ButtonLink } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import {
  type Clause,
  clausesMax,
  filterNames,
  lackable,
  type Problem,
  queryCharsMax,
  searchHref,
  states,
  typeNames,
  writeQuery,
} from "#lib/search/query.ts";
import { swatches } from "#lib/search/values.ts";
import { words } from "#lib/words.ts";

const w = words("search");

/** What each filter takes; those that take any name never have a bad value. */
function takes(filter: string | undefined): string {
  switch (filter) {
    case "rating":
    case "size":
    case "width":
    case "height":
    case "orientation":
    case "near":
    case "on":
      return w(`takes.${filter}`);
    case "type":
      return w("takes.type", { known: typeNames.join(", ") });
    case "color":
      return w("takes.color", { known: swatches.join(", ") });
    case "is":
      return w("takes.is", { known: states.join(", ") });
    case "no":
    case "has":
      return w(`takes.${filter}`, { known: lackable.join(", ") });
    default:
      return w("takes.other");
  }
}

function sentence({ code, part, filter }: Problem): string {
  switch (code) {
    case "too_long":
      return w("problems.too_long", { max: queryCharsMax });
    case "too_many":
      return w("problems.too_many", { max: clausesMax });
    case "unknown_filter":
      return w("problems.unknown_filter", { filter: filter ?? part, known: filterNames.join(", ") });
    case "bad_value":
      return w("problems.bad_value", { part, takes: takes(filter) });
    default:
      return w(`problems.${code}`, { part });
  }
}

/** What is wrong with a query and what to do about it; what was understood can be searched for at once. */
export function Broken({ problems, clauses }: { problems: Problem[]; clauses: Clause[] }) {
  const rest = clauses.slice(0, clausesMax);
  return (
    <div className="mx-auto max-w-4xl px-2 sm:px-0">
      <Notice
        tone="bad"
        title={w("brokenTitle")}
        action={
          rest.length === 0 ? undefined : (
            <ButtonLink size="sm" href={searchHref(writeQuery(rest))}>
              {w("brokenRest")}
            </ButtonLink>
          )
        }
      >
        <ul className="grid gap-1">
          {problems.map((problem) => (
            <li key={`${problem.code} ${problem.part}`} className="break-words">
              {sentence(problem)}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
