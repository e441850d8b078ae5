import { currentViewer } from "#app/_session/viewer.ts";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { buttonLook } from "#app/_ui/plain-button.tsx";
import { SampleNotice } from "#app/sample/notice.tsx";
import { database } from "#lib/database.ts";
import { type GalleryRow, listMedia } from "#lib/gallery.ts";
import { liveSince } from "#lib/live/live.ts";
import { canUpload, type Viewer } from "#lib/media.ts";
import { seesSamples } from "#lib/sample/remove.ts";
import { listFrom, listMonths, type Month, monthOfRow, type Rank } from "#lib/timeline/timeline.ts";
import { perLocale, words } from "#lib/words.ts";
import { LiveRefresh } from "./_ui/live-refresh.tsx";
import { type DrawnMonth, Timeline, type TimelineWords } from "./_ui/timeline.tsx";
import { ratioSumOf, shelfRatio } from "./layout-numbers.ts";
import { monthText, type Runs } from "./months.ts";
import { daysOf, ratioOf, sheetOf } from "./sheet.ts";
import "./gallery.css";

const w = words("gallery");

const timelineWords = perLocale(
  (): TimelineWords => ({
    list: w("list"),
    older: w("older"),
    newer: w("newer"),
    years: w("years"),
    unavailable: w("unavailable"),
    public: w("markPublic"),
    unlisted: w("markUnlisted"),
    animated: w("markAnimated"),
    choose: w("choose"),
  }),
);

/**
 * In units of row height: what a laptop's screen shows, with its pictures; what the largest shows, places at least, so
 * that nothing moves when the rest arrives; and the first row, which loads at once.
 */
const shownRatio = 17;
const placedRatio = 40;
const rowRatio = 7;
/** What a month's name and the rest of its row take of that. */
const monthRatio = 0.8;
/** At the most so many pictures are read; about so many are shown where they cannot be chosen by their shapes. */
const readMax = 44;
const shownUsual = 15;
/** Of two names of years, in thousandths of the height. */
const yearApart = 35;
const fewMax = 4;

/** How many of the rows it takes to fill `ratio`. */
function fill(rows: GalleryRow[], ratio: number): number {
  let sum = 0;
  let before = Number.NaN;
  const count = rows.findIndex((row) => {
    const month = monthOfRow(row);
    sum += ratioOf(row) + (month === before ? 0 : monthRatio);
    before = month;
    return sum >= ratio;
  });
  return count === -1 ? rows.length : count + 1;
}

function EmptyGallery({ viewer }: { viewer: Viewer | undefined }) {
  if (viewer === undefined)
    return (
      <Empty
        title={w("emptyVisitorTitle")}
        text={w("emptyVisitorText")}
        action={
          <a href="/sign-in" className={buttonLook("quiet")}>
            {w("emptyVisitorAction")}
          </a>
        }
      />
    );
  if (!canUpload(viewer)) return <Empty title={w("emptyViewerTitle")} text={w("emptyViewerText")} />;
  const isOwner = viewer.role === "owner";
  return (
    <Empty
      title={w(isOwner ? "emptyOwnerTitle" : "emptyMemberTitle")}
      text={w(isOwner ? "emptyOwnerText" : "emptyMemberText")}
      action={
        <a href="/upload" className={buttonLook("primary")}>
          {w("emptyMemberAction")}
        </a>
      }
    />
  );
}

const monthFormat = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" }),
);
const dayFormat = perLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }),
);

/** The pictures by months, as many of them as are shown; of the others the places. */
function drawn(rows: GalleryRow[], shown: number, all: Month[], start: Rank): DrawnMonth[] {
  const months: DrawnMonth[] = [];
  const asideOf = (month: number): DrawnMonth["aside"] => {
    const { count, ratioSum } = all.find((one) => one.month === month) ?? { count: 0, ratioSum: 0 };
    // A month that begins above the page has rows of its own.
    if (month === start.month && start.rank > 0) return undefined;
    const ratio = shelfRatio(ratioSumOf(ratioSum), count);
    return ratio === undefined ? undefined : [ratio, count];
  };
  for (const [n, row] of rows.slice(0, fill(rows, placedRatio)).entries()) {
    const month = monthOfRow(row);
    if (months.at(-1)?.month !== month)
      months.push({
        month,
        title: monthFormat().format(row.takenAt),
        shown: 0,
        ahead: [],
        aside: asideOf(month),
      });
    const last = months.at(-1);
    if (n < shown && last !== undefined) last.shown++;
    else last?.ahead.push(ratioOf(row));
  }
  return months;
}

/** Where each year begins on the way down, in thousandths; of two that would lie on each other the newer one. */
function yearsOf(months: Month[]): Runs {
  const all = months.reduce((sum, { ratioSum }) => sum + ratioSum, 0);
  const years: Runs = [];
  let before = 0;
  for (const { month, ratioSum } of months) {
    const year = Math.floor(month / 12);
    const at = Math.round((before / all) * 1000);
    const last = years.at(-1);
    if (last === undefined || (last[0] !== year && at - last[1] >= yearApart)) years.push([year, at]);
    before += ratioSum;
  }
  return years;
}

const atShape = /^(\d{4})(?:-(\d\d)(?:\.(\d{1,9}))?)?$/;

/** "2019", "2019-07", "2019-07.340": the picture to begin with, counted from the newest; the first when it is none. */
function rankOf(months: Month[], at: string | undefined): number {
  const [, year, month = "12", rank = "0"] = atShape.exec(at ?? "") ?? [];
  if (year === undefined) return 0;
  const wanted = Number(year) * 12 + Number(month) - 1;
  let before = 0;
  for (const { month, count } of months) {
    if (month <= wanted) return before + (month === wanted ? Math.min(Number(rank), count - 1) : 0);
    before += count;
  }
  return Math.max(0, before - 1);
}

/** The month, and the place in it, of a rank in the timeline; and its address. */
function placeOf(months: Month[], rank: number): Rank {
  let rest = rank;
  for (const { month, count } of months) {
    if (rest < count) return { month, rank: rest };
    rest -= count;
  }
  return { month: 0, rank: 0 };
}
const hrefOf = (months: Month[], rank: number): string => {
  const place = placeOf(months, rank);
  return rank === 0 ? "/" : `/?at=${monthText(place.month)}${place.rank === 0 ? "" : `.${place.rank}`}`;
};

async function read(viewer: Viewer | undefined, at: string | undefined) {
  const { db } = database();
  if (at === undefined) {
    const [months, page] = await Promise.all([
      listMonths(db, { viewer }),
      listMedia(db, { viewer, limit: readMax }),
    ]);
    return { months, rank: 0, rows: page?.media ?? [] };
  }
  const months = await listMonths(db, { viewer });
  const rank = rankOf(months, at);
  return { months, rank, rows: await listFrom(db, { viewer, at: placeOf(months, rank), limit: readMax }) };
}

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export default async function Gallery({ searchParams }: PageProps<"/">) {
  const viewer = await currentViewer();
  const at = text((await searchParams).at);
  const [{ months, rank, rows }, samples] = await Promise.all([
    read(viewer, at),
    seesSamples(database().db, viewer),
  ]);
  const total = months.reduce((sum, { count }) => sum + count, 0);
  const shown = rows.slice(0, fill(rows, shownRatio));
  const days = daysOf(shown);
  const after = rank + shown.length;
  const start = placeOf(months, rank);
  return (
    <Page width="full">
      <h1 className="sr-only">{w("title")}</h1>
      {samples === undefined ? null : <SampleNotice {...samples} />}
      {shown.length === 0 ? (
        <>
          <EmptyGallery viewer={viewer} />
          <LiveRefresh since={await liveSince(database().db)} />
        </>
      ) : (
        <Timeline
          // Another place of the same list is a list of its own.
          key={at ?? ""}
          sheet={sheetOf(shown)}
          days={days}
          dayNames={days.map(([day]) => dayFormat().format(day * 86_400_000))}
          months={drawn(rows, shown.length, months, start)}
          start={start}
          older={after < total ? hrefOf(months, after) : undefined}
          newer={rank > 0 ? hrefOf(months, Math.max(0, rank - shownUsual)) : undefined}
          years={yearsOf(months)}
          total={w("total", { count: total })}
          // What the page says of them counts down.
          {...(samples !== undefined && samples.coming > 0 ? { redrawn: true } : undefined)}
          eager={fill(shown, rowRatio)}
          few={total <= fewMax}
          since={Math.max(...months.map(({ changedAt }) => changedAt.getTime()))}
          words={timelineWords()}
        />
      )}
    </Page>
  );
}
