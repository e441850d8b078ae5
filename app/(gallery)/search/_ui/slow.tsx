import { ButtonLink } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { searchHref } from "#lib/search/query.ts";
import { words } from "#lib/words.ts";

const w = words("search");

/** The database gave up, or somebody nobody knows asked too often; a plain link asks again. */
export function Slow({ query, wait }: { query: string; wait?: number }) {
  return (
    <div className="mx-auto max-w-4xl px-2 sm:px-0">
      <Notice
        tone="warn"
        title={w(wait === undefined ? "slowTitle" : "oftenTitle")}
        action={
          <ButtonLink size="sm" href={searchHref(query)} prefetch={false}>
            {w("tryAgain")}
          </ButtonLink>
        }
      >
        {wait === undefined ? w("slowText") : w("oftenText", { n: wait })}
      </Notice>
    </div>
  );
}
