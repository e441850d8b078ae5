import type { Total } from "#lib/admin.ts";
import { words } from "#lib/words.ts";

const w = words("admin");

/** How many there are, as far as it is known. */
export function TotalLine({ total, of }: { total: Total | undefined; of: "pictures" | "uploads" }) {
  if (total === undefined) return <p className="text-sm text-muted">{w("totalUnknown")}</p>;
  return (
    <p className="text-sm text-muted tabular-nums">
      {w(of === "pictures" ? "totalPictures" : "totalUploads", {
        n: total.count,
        exact: total.exact ? "yes" : "no",
      })}
    </p>
  );
}
