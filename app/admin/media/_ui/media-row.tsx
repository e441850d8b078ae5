import clsx from "clsx";
import { Eye, EyeOff, Link2, Trash2 } from "lucide-react";
import Link from "next/link";
import type { AdminMedia } from "#lib/admin.ts";
import { delivery } from "#lib/delivery/index.ts";
import type { Visibility } from "#lib/media.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { perLocale, words } from "#lib/words.ts";
import { At, Day } from "../../../_ui/moment.tsx";
import { formatBytes, formatDay, formatMoment } from "../../_ui/format.ts";
import { Cell, cardRow } from "../../_ui/rows.tsx";

const w = words("admin");

const visibilityLooks = perLocale(
  (): Record<Visibility, { icon: typeof Eye; name: string }> => ({
    private: { icon: EyeOff, name: w("visibilityPrivate") },
    unlisted: { icon: Link2, name: w("visibilityUnlisted") },
    public: { icon: Eye, name: w("visibilityPublic") },
  }),
);
const thumbSide = 56;

/** Decorative: the title stands beside it. */
function Thumb({ row }: { row: AdminMedia }) {
  const [avif] = row.avifWidths;
  const [jpeg] = row.jpegWidths;
  const url = (width: number, format: "avif" | "jpg") =>
    delivery().url(renditionKey(row.renditionFolder, width, format));
  return (
    <span
      className="block size-14 shrink-0 overflow-hidden rounded-md bg-raised"
      style={{ backgroundColor: `#${row.color.toString(16).padStart(6, "0")}` }}
    >
      <picture>
        {avif === undefined ? null : <source type="image/avif" srcSet={url(avif, "avif")} />}
        {jpeg === undefined ? null : (
          <img
            src={url(jpeg, "jpg")}
            alt=""
            width={thumbSide}
            height={thumbSide}
            loading="lazy"
            decoding="async"
            className="size-full object-cover"
          />
        )}
      </picture>
    </span>
  );
}

/** By the clock of its place, as pictures have it everywhere. */
function Taken({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={formatMoment(at)} className="whitespace-nowrap tabular-nums">
      {formatDay(at)}
    </time>
  );
}

function State({ deletedAt }: { deletedAt: Date | null }) {
  if (deletedAt === null) return <span className="whitespace-nowrap text-good">{w("ready")}</span>;
  return (
    <At at={deletedAt} className="inline-flex items-center gap-1.5 whitespace-nowrap text-warn">
      <Trash2 aria-hidden className="size-4" />
      {w("inTrash")}
    </At>
  );
}

export function MediaRow({ row }: { row: AdminMedia }) {
  const title = row.title === "" ? row.filename : row.title;
  const { icon: Icon, name } = visibilityLooks()[row.visibility];
  const heading = (
    <>
      <Thumb row={row} />
      <span className="grid min-w-0">
        <span className="truncate font-medium">{title}</span>
        {row.title === "" ? null : <span className="truncate text-muted">{row.filename}</span>}
      </span>
    </>
  );
  return (
    <tr
      className={clsx(
        cardRow,
        "grid-cols-[auto_minmax(0,1fr)] has-[input:checked]:border-accent has-[input:checked]:bg-raised",
      )}
    >
      <Cell className="row-span-9 lg:w-10">
        <label className="-m-2.5 grid size-10 cursor-pointer place-items-center">
          <input
            type="checkbox"
            name="ids"
            value={row.id}
            aria-label={w("selectOne", { title })}
            className="size-4.5"
          />
        </label>
      </Cell>
      <Cell className="lg:w-full lg:max-w-0">
        {row.deletedAt === null ? (
          <Link href={`/m/${row.id}`} className="flex items-center gap-3 rounded-md hover:underline">
            {heading}
          </Link>
        ) : (
          <span className="flex items-center gap-3">{heading}</span>
        )}
      </Cell>
      <Cell label={w("columnState")}>
        <State deletedAt={row.deletedAt} />
      </Cell>
      <Cell label={w("columnVisibility")}>
        <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
          <Icon aria-hidden className="size-4 text-muted" />
          {name}
        </span>
      </Cell>
      <Cell label={w("columnOwner")}>
        <span className="block truncate lg:max-w-40">{row.ownerName}</span>
      </Cell>
      <Cell label={w("columnSize")} className="whitespace-nowrap tabular-nums">
        {formatBytes(row.bytes)}
      </Cell>
      <Cell label={w("columnDimensions")} className="whitespace-nowrap tabular-nums">
        {w("dimensions", { width: row.width, height: row.height })}
      </Cell>
      <Cell label={w("columnTaken")}>
        <Taken at={row.takenAt} />
      </Cell>
      <Cell label={w("columnAdded")}>
        <Day at={row.createdAt} />
      </Cell>
    </tr>
  );
}
