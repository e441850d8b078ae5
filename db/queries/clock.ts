import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** The database's clock, ms since 1970: the one that all deadlines are compared with. */
export async function databaseClock(db: Db): Promise<number> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  return row?.ms ?? Number.NaN;
}
