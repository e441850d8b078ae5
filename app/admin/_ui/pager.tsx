import { ChevronLeft, ChevronRight } from "lucide-react";
import { words } from "#lib/words.ts";
import { ButtonLink } from "../../_ui/button.tsx";

const w = words("admin");

/** Links to the pages beside this one; `first` only where this is not it. */
export function Pager({
  label,
  first,
  previous,
  next,
}: {
  label: string;
  first?: string;
  previous?: string;
  next?: string;
}) {
  if (!first && !previous && !next) return null;
  return (
    <nav aria-label={label} className="flex flex-wrap items-center justify-end gap-2">
      {first ? (
        <ButtonLink href={first} variant="plain">
          {w("firstPage")}
        </ButtonLink>
      ) : null}
      {previous ? (
        <ButtonLink href={previous} rel="prev">
          <ChevronLeft aria-hidden className="size-4 rtl:-scale-x-100" />
          {w("previousPage")}
        </ButtonLink>
      ) : null}
      {next ? (
        <ButtonLink href={next} rel="next">
          {w("nextPage")}
          <ChevronRight aria-hidden className="size-4 rtl:-scale-x-100" />
        </ButtonLink>
      ) : null}
    </nav>
  );
}
