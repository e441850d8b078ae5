import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import type { AdminMedia } from "#lib/admin.ts";
import { type MediaOrder, type MediaQuery, mediaAddress } from "#lib/admin-filter.ts";
import { settings } from "#lib/env.ts";
import { perLocale, words } from "#lib/words.ts";
import { ColumnName, Rows } from "../../_ui/rows.tsx";
import { changeSelection } from "../actions.ts";
import { MediaRow } from "./media-row.tsx";
import { NothingListed } from "./nothing-listed.tsx";
import { Selection } from "./selection.tsx";

const w = words("admin");

const columns = perLocale((): { name: string; order?: MediaOrder; className?: string }[] => [
  { name: w("columnTitle"), order: "title" },
  { name: w("columnState") },
  { name: w("columnVisibility") },
  { name: w("columnOwner") },
  { name: w("columnSize"), order: "size" },
  { name: w("columnDimensions") },
  { name: w("columnTaken"), order: "taken" },
  { name: w("columnAdded"), order: "added" },
]);

/** Names read from A on; of everything else the greatest is what people look for first. */
const firstSort = (order: MediaOrder): MediaQuery["sort"] => (order === "title" ? "title" : `-${order}`);
const opposite = (sort: MediaQuery["sort"], order: MediaOrder): MediaQuery["sort"] =>
  sort === order ? `-${order}` : order;

function Column({ query, name, order }: { query: MediaQuery; name: string; order?: MediaOrder }) {
  if (order === undefined) return <ColumnName>{name}</ColumnName>;
  const descending = query.sort === `-${order}`;
  const current = descending || query.sort === order;
  const Arrow = descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={current ? (descending ? "descending" : "ascending") : undefined}
      className="px-1 py-1 text-start font-medium whitespace-nowrap"
    >
      <Link
        href={mediaAddress(query, { sort: current ? opposite(query.sort, order) : firstSort(order) })}
        className="inline-flex min-h-8 items-center gap-1 rounded-md px-2 text-muted hover:bg-raised hover:text-ink aria-[current=true]:text-ink"
        aria-current={current ? "true" : undefined}
      >
        {name}
        {current ? <Arrow aria-hidden className="size-3.5" /> : null}
      </Link>
    </th>
  );
}

/** Stays in place when its last row goes: what was done and the way back are told by the form around it. */
export function MediaTable({ query, rows }: { query: MediaQuery; rows: AdminMedia[] }) {
  return (
    <Selection
      action={changeSelection}
      empty={rows.length === 0}
      offered={{
        visibilities: query.state === "trash" ? [] : settings().visibilities,
        trash: query.state !== "trash",
        restore: query.state !== "ready",
        trashIsFinal: settings().trashSeconds === 0,
      }}
    >
      {rows.length === 0 ? (
        <NothingListed query={query} />
      ) : (
        <Rows
          label={w("mediaTitle")}
          head={
            <>
              <th scope="col" className="w-10 px-3 py-2">
                <span className="sr-only">{w("columnSelect")}</span>
              </th>
              {columns().map((column) => (
                <Column key={column.name} query={query} {...column} />
              ))}
            </>
          }
        >
          {rows.map((row) => (
            <MediaRow key={row.id} row={row} />
          ))}
        </Rows>
      )}
    </Selection>
  );
}
