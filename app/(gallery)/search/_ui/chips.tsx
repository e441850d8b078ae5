import { X } from "lucide-react";
import Link from "next/link";
import { type Clause, searchHref, writeClause, writeQuery } from "#lib/search/query.ts";
import { words } from "#lib/words.ts";

const w = words("search");

/** Each condition as it is typed, and a way to be rid of it. */
export function Chips({ clauses }: { clauses: Clause[] }) {
  return (
    <ul aria-label={w("conditions")} className="flex flex-wrap gap-2">
      {clauses.map((clause) => {
        const part = writeClause(clause);
        const rest = clauses.filter((other) => other !== clause);
        return (
          <li key={part}>
            <Link
              href={searchHref(writeQuery(rest))}
              aria-label={w("drop", { part })}
              className="inline-flex min-h-8 max-w-full items-center gap-1.5 rounded-full border border-line bg-surface ps-3 pe-2 text-sm text-ink no-underline hover:bg-raised pointer-coarse:min-h-10"
            >
              {clause.kind === "color" ? (
                <svg aria-hidden="true" viewBox="0 0 12 12" className="size-3 shrink-0">
                  <circle cx="6" cy="6" r="5.5" fill={clause.color} stroke="currentColor" strokeWidth="0.5" />
                </svg>
              ) : null}
              <span className={clause.not ? "truncate line-through decoration-1" : "truncate"}>{part}</span>
              <X aria-hidden className="size-3.5 shrink-0 text-muted" />
            </Link>
          </li>
        );
      })}
      {clauses.length < 2 ? null : (
        <li>
          <Link
            href="/search"
            className="inline-flex min-h-8 items-center rounded-full px-3 text-sm text-muted hover:text-ink pointer-coarse:min-h-10"
          >
            {w("clear")}
          </Link>
        </li>
      )}
    </ul>
  );
}
