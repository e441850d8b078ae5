import clsx from "clsx";
import type { ReactNode } from "react";
import { Skeleton } from "../../_ui/skeleton.tsx";

/** A table on a wide screen, a stack of cards on a narrow one. */
export function Rows({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) {
  return (
    <table aria-label={label} className="block w-full text-sm lg:table">
      <thead className="sr-only lg:not-sr-only lg:table-header-group">
        <tr className="lg:border-b lg:border-line">{head}</tr>
      </thead>
      <tbody className="grid grid-cols-1 gap-2 sm:grid-cols-2 lg:table-row-group">{children}</tbody>
    </table>
  );
}

/** The look of one row: a card, then a line of the table. */
export const cardRow =
  "grid min-w-0 auto-rows-min gap-x-3 gap-y-1.5 rounded-lg border border-line bg-surface p-3 " +
  "lg:table-row lg:rounded-none lg:border-0 lg:border-b lg:bg-transparent";

export function ColumnName({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <th
      scope="col"
      className={clsx("px-3 py-2 text-start font-medium whitespace-nowrap text-muted", className)}
    >
      {children}
    </th>
  );
}

/** `label` names the value on a card, where there is no column above it. */
export function Cell({
  label,
  className,
  children,
}: {
  label?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <td
      data-label={label}
      className={clsx(
        "lg:px-3 lg:py-2 lg:align-middle",
        label &&
          "flex min-w-0 justify-between gap-3 before:shrink-0 before:text-muted before:content-[attr(data-label)] lg:table-cell lg:before:content-none",
        className,
      )}
    >
      {children}
    </td>
  );
}

export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="grid gap-2">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="flex items-center gap-4 rounded-lg border border-line bg-surface p-3">
          <Skeleton className="size-12" />
          <Skeleton className="h-4 max-w-56 flex-1" />
          <Skeleton className="hidden h-4 flex-1 lg:block" />
        </div>
      ))}
    </div>
  );
}
