/** The log of visits is for its maker to see who came lately, not a record of people: it is short and forgets. */
import * as rows from "#db/queries/shares.ts";
import type { Db } from "../database.ts";
import { log } from "../log.ts";
import { visitDaysKept, visitsKept } from "./rules.ts";

const batch = 5_000;
/** Longer than the worker ever waits between two looks, short enough to pass by links that nobody opens any more. */
const lookedAtHours = 48;

/** Forgets visits that are old, and of each share the oldest beyond its bound. Returns how many. */
export async function forgetVisits(db: Db): Promise<number> {
  let forgotten = await rows.forgetCrowdedVisits(db, { kept: visitsKept, hours: lookedAtHours });
  for (let n = batch; n === batch; forgotten += n)
    n = await rows.forgetOldVisits(db, { days: visitDaysKept, limit: batch });
  if (forgotten > 0) log("shares").info({ forgotten }, "old visits forgotten");
  return forgotten;
}
