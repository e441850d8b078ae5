/** Totals by month and day, and the part of a month that lies between two ranks. Nothing here counts media. */
import { and, desc, eq, gt, gte, lt, ne, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "../client.ts";
import { mediaDays, mediaMonths } from "../schema.ts";

export const mediaChannel = "tintype_media";

/** Tells the open pages of one person, when this is committed, that they did something which changes no medium itself. */
export async function tellBeside(db: Db, userId: string): Promise<void> {
  await db.execute(sql`select pg_notify(${mediaChannel}, ${`${userId} own -`})`);
}

/** Public media of everybody and all of one's own; the two tables have a row for each visibility, so none counts twice. */
const seen = (table: typeof mediaMonths | typeof mediaDays, viewerId: string | undefined): SQL | undefined =>
  viewerId === undefined
    ? sql`${table.visibility} = 'public'`
    : or(sql`${table.visibility} = 'public'`, eq(table.ownerId, viewerId));

/** Newest first; months in which nothing is left are left out. `month` is its first day. */
export async function listMonthTotals(db: Db, ask: { viewerId: string | undefined }) {
  const count = sql<number>`sum(${mediaMonths.count})::int`;
  return db
    .select({
      month: mediaMonths.month,
      count,
      ratioSum: sql<number>`sum(${mediaMonths.ratioSum})`.mapWith(Number),
      changedAt: sql<Date>`max(${mediaMonths.changedAt})`.mapWith(mediaMonths.changedAt),
    })
    .from(mediaMonths)
    .where(seen(mediaMonths, ask.viewerId))
    .groupBy(mediaMonths.month)
    .having(gt(count, 0))
    .orderBy(desc(mediaMonths.month));
}

/** Months in which something the viewer may see was added, changed or removed after a moment. */
export async function listChangedMonths(db: Db, ask: { viewerId: string | undefined; after: Date }) {
  return db
    .selectDistinct({ month: mediaMonths.month })
    .from(mediaMonths)
    .where(and(gt(mediaMonths.changedAt, ask.after), seen(mediaMonths, ask.viewerId)));
}

/** The days from `from` to before `until` ("2019-07-04"), newest first. */
export async function listDayTotals(
  db: Db,
  ask: { viewerId: string | undefined; from: string; until: string },
) {
  const within = and(gte(mediaDays.day, ask.from), lt(mediaDays.day, ask.until));
  const columns = { day: mediaDays.day, count: mediaDays.count };
  const open = db
    .select(columns)
    .from(mediaDays)
    .where(and(within, sql`${mediaDays.visibility} = 'public'`));
  // Two index walks: one condition with OR would read the days of everybody.
  const all =
    ask.viewerId === undefined
      ? open.as("days")
      : unionAll(
          open,
          db
            .select(columns)
            .from(mediaDays)
            .where(and(within, eq(mediaDays.ownerId, ask.viewerId), ne(mediaDays.visibility, "public"))),
        ).as("days");
  return db
    .select({ day: all.day, count: sql<number>`sum(${all.count})::int` })
    .from(all)
    .groupBy(all.day)
    .orderBy(desc(all.day));
}
