import { ButtonLink } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { GalleryPage } from "#lib/gallery.ts";
import { searchHref } from "#lib/search/query.ts";
import { words } from "#lib/words.ts";
import { monthOf } from "./month-of.ts";

const w = words("search");

/** Nothing yet, and time is over: how far the search has come, and a plain link that goes on there. */
export function Further({
  page: { next, previous },
  reached,
  query,
}: {
  page: GalleryPage;
  reached: Date;
  query: string;
}) {
  const path = searchHref(query);
  return (
    <div className="mx-auto max-w-4xl px-2 sm:px-0">
      <Notice
        tone="info"
        title={w("furtherTitle")}
        action={
          <>
            {next === undefined ? null : (
              <ButtonLink size="sm" href={`${path}&after=${next}`} rel="next" prefetch={false}>
                {w("furtherBack")}
              </ButtonLink>
            )}
            {previous === undefined ? null : (
              <ButtonLink
                size="sm"
                href={`${path}&before=${previous}`}
                rel="prev"
                variant="plain"
                prefetch={false}
              >
                {w("newer")}
              </ButtonLink>
            )}
          </>
        }
      >
        {w("furtherText", { month: monthOf(reached) })}
      </Notice>
    </div>
  );
}
