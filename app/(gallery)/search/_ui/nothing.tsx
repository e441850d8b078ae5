import Link from "next/link";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import type { Viewer } from "#lib/media.ts";
import { type Clause, searchHref, writeQuery } from "#lib/search/query.ts";
import { words } from "#lib/words.ts";
import { alternatives } from "../found.ts";
import { amount } from "./amount.ts";

const w = words("search");

/** Nothing was found: which condition is in the way, and how much there would be without it. */
export async function Nothing({ viewer, clauses }: { viewer: Viewer | undefined; clauses: Clause[] }) {
  const others = await alternatives(viewer, clauses);
  const hasWords = clauses.some(({ kind, not }) => kind === "word" && !not);
  return (
    <Empty
      title={w("noneTitle")}
      text={
        <>
          {w("noneText")} {hasWords ? w("noneWord") : null}
          {viewer === undefined ? ` ${w("noneSignIn")}` : null}
        </>
      }
      action={
        <>
          {others.length === 0 ? null : (
            <div className="grid w-full gap-2 text-start">
              <p className="text-sm font-medium">{w("noneDrop")}</p>
              <ul className="grid gap-1">
                {others.map(({ without, rest, count }) => (
                  <li key={writeQuery(rest)}>
                    <Link
                      href={searchHref(writeQuery(rest))}
                      className="flex min-h-10 items-center rounded-md border border-line bg-surface px-3 text-sm hover:bg-raised"
                    >
                      {rest.length === 1 && without.length > 1
                        ? w("noneOnly", { part: writeQuery(rest), about: amount(count) })
                        : w("noneDropOne", { part: writeQuery(without), about: amount(count) })}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          )}
          {viewer === undefined ? <ButtonLink href="/sign-in">{w("signIn")}</ButtonLink> : null}
        </>
      }
    />
  );
}
