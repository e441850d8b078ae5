import { Day } from "#app/_ui/moment.tsx";
import { mark, within } from "#app/_ui/within.ts";
import { delivery } from "#lib/delivery/index.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import type { TrashRow } from "#lib/trash-list.ts";
import { words } from "#lib/words.ts";

const w = words("account");
const thumbSide = 56;

/** The whole line is the label of its checkbox, which the focus must not reach behind the bar that stays above. */
export function TrashLine({ row }: { row: TrashRow }) {
  const name = row.title === "" ? row.filename : row.title;
  return (
    <li className="first:rounded-t-lg last:rounded-b-lg has-[input:checked]:bg-raised">
      <label className="flex cursor-pointer items-center gap-3 px-3 py-2 sm:gap-4 sm:px-4">
        <input type="checkbox" name="ids" value={row.id} className="size-4.5 shrink-0 scroll-mt-32" />
        <Thumb row={row} />
        <span className="grid min-w-0 flex-1 gap-0.5">
          <span className="truncate font-medium">{name}</span>
          <span className="text-sm text-muted text-pretty">
            {within(
              w("trashDates", { deleted: mark(0), goes: mark(1) }),
              <Day at={row.deletedAt} />,
              <Day at={row.goesAt} />,
            )}
          </span>
        </span>
      </label>
    </li>
  );
}

/** Decorative: the name stands beside it. */
function Thumb({ row }: { row: TrashRow }) {
  const [width] = row.avifWidths;
  return (
    <span
      className="block size-14 shrink-0 overflow-hidden rounded-md"
      style={{ backgroundColor: `#${row.color.toString(16).padStart(6, "0")}` }}
    >
      {width === undefined ? null : (
        <img
          src={delivery().url(renditionKey(row.renditionFolder, width, "avif"))}
          alt=""
          width={thumbSide}
          height={thumbSide}
          loading="lazy"
          decoding="async"
          className="size-full object-cover"
        />
      )}
    </span>
  );
}
