import clsx from "clsx";
import Link from "next/link";
import type { AdminUpload } from "#lib/admin.ts";
import { perLocale, words } from "#lib/words.ts";
import { At, Moment } from "../../../_ui/moment.tsx";
import { formatAge, formatBytes, formatNumber } from "../../_ui/format.ts";
import { Cell, ColumnName, cardRow, Rows } from "../../_ui/rows.tsx";
import { Again } from "./again.tsx";
import { UploadStateMark } from "./upload-state.tsx";

const w = words("admin");

const columns = perLocale(() => [
  w("columnFile"),
  w("columnState"),
  w("columnOwner"),
  w("columnSize"),
  w("columnAge"),
  w("columnChanged"),
  w("columnAttempts"),
  w("columnOutcome"),
]);

/** The column that a table of middling width can spare; a card has room for it again. */
const roomy = "lg:max-xl:hidden";

function Age({ date, now }: { date: Date; now: Date }) {
  return (
    <span className="grid text-end lg:text-start">
      <span className="whitespace-nowrap">{formatAge(date, now)}</span>
      <span className="text-muted tabular-nums">
        <Moment at={date} />
      </span>
    </span>
  );
}

function Outcome({ row }: { row: AdminUpload }) {
  const duplicate = row.rejectCode === "duplicate";
  return (
    <span className="grid gap-1">
      {row.message === null ? null : <span className="text-pretty">{row.message}</span>}
      {row.rejectCode === "internal" ? <Again ids={row.again ? [row.id] : []} name={row.filename} /> : null}
      {row.mediaId === null ? null : (
        <Link href={`/m/${row.mediaId}`} className="w-fit text-accent underline underline-offset-2">
          {w(duplicate ? "showDuplicate" : "showPicture")}
        </Link>
      )}
    </span>
  );
}

/** One press for all that a shortage of memory, or a fault of ours, has cost on this page. */
export function AllAgain({ rows }: { rows: AdminUpload[] }) {
  const ids = rows.filter(({ again }) => again).map(({ id }) => id);
  // Stays when nothing is left to press: it says what came of the press.
  return <Again ids={ids.length < 2 ? [] : ids} />;
}

export function UploadTable({ rows, now }: { rows: AdminUpload[]; now: Date }) {
  return (
    <Rows
      label={w("uploadsTitle")}
      head={columns().map((name) => (
        <ColumnName key={name} className={name === w("columnChanged") ? roomy : undefined}>
          {name}
        </ColumnName>
      ))}
    >
      {rows.map((row) => (
        <tr key={row.id} className={clsx(cardRow, "grid-cols-1")}>
          <Cell>
            <span className="block truncate font-medium lg:w-36 xl:w-56" title={row.filename}>
              {row.filename}
            </span>
          </Cell>
          <Cell label={w("columnState")}>
            <UploadStateMark state={row.state} />
          </Cell>
          <Cell label={w("columnOwner")}>
            <span className="block truncate lg:max-w-28 xl:max-w-40">{row.ownerName}</span>
          </Cell>
          <Cell label={w("columnSize")} className="whitespace-nowrap tabular-nums">
            {formatBytes(row.bytes)}
          </Cell>
          <Cell label={w("columnAge")}>
            <Age date={row.createdAt} now={now} />
          </Cell>
          <Cell label={w("columnChanged")} className={roomy}>
            <At at={row.updatedAt} className="whitespace-nowrap">
              {formatAge(row.updatedAt, now)}
            </At>
          </Cell>
          <Cell label={w("columnAttempts")} className="tabular-nums">
            {formatNumber(row.attempts)}
          </Cell>
          <Cell className="lg:min-w-40">
            <Outcome row={row} />
          </Cell>
        </tr>
      ))}
    </Rows>
  );
}
