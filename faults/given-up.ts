/**
 * Pictures that are given up though nothing is wrong with them, as when a machine had killed their worker three times, and
 * somebody who runs the site who has them tried again.
 */
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { type Client, NoAnswer } from "./client.ts";
import type { Place } from "./place.ts";
import type { Random } from "./random.ts";
import type { GivingUp } from "./schedule.ts";

/** What was done to uploads, and what was said of them when they were tried again. */
export type GivenUp = {
  /** Only these may be refused for nothing. */
  ids: Set<string>;
  /** Of these, so many were told to be verified once more. */
  again: { ids: string[]; taken: number }[];
};
/** As many tries as make a picture's last. */
const triesMax = 3;
const lookMs = 60;

/** Nobody works meanwhile, and whatever waits for a worker has had all its tries. */
async function giveUp(place: Place, forMs: number, { ids }: GivenUp): Promise<void> {
  const url = place.direct.databaseUrl();
  if (url === undefined) return;
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 1 });
  for (const worker of place.workers) worker.pause();
  const end = Date.now() + forMs;
  const taking = async (): Promise<void> => {
    for (; Date.now() < end; await wait(lookMs)) {
      const found = await sql<{ id: string }[]>`
        select id from uploads where state = 'verifying' and attempts < ${triesMax}`;
      for (const { id } of found) ids.add(id);
      await sql`update uploads set attempts = ${triesMax}
        where state = 'verifying' and id = any(${found.map(({ id }) => id)})`;
    }
  };
  try {
    // The driver tries for ever to reach a database that went away; nobody may stay stopped for that.
    await Promise.race([taking(), wait(forMs + lookMs)]);
  } catch {
    // The database went away: enough were given up.
  } finally {
    for (const worker of place.workers) worker.resume();
    void sql.end({ timeout: 1 }).catch(() => {});
  }
}

/** By the page of all uploads, in the words of which it is told what came of it. */
async function tryAgain(admin: Client, known: GivenUp, waitMs: number): Promise<void> {
  const ids: string[] = [];
  const answered = await admin
    .fillForm("/admin/uploads?state=rejected", 'name="id"', async (fields) => {
      ids.push(...fields.flatMap(([name, value]) => (name === "id" ? [value] : [])));
      await wait(waitMs);
      return fields;
    })
    .catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
  if (answered?.status !== 200) return;
  const [, taken = "0"] =
    /(\d+) (?:picture is|pictures are) being verified once more/.exec(answered.page) ?? [];
  known.again.push({ ids, taken: Number(taken) });
}

/** Gives up what there is for a while; then it is tried again, at times by two administrators at once. */
export async function carryOut(
  place: Place,
  admin: Client,
  known: GivenUp,
  { forMs, tries }: GivingUp,
  random: Random,
): Promise<void> {
  await giveUp(place, forMs, known);
  for (let n = 0; n < tries; n++) {
    await wait(random.int(200, 2_500));
    const tabs = random.chance(0.3) ? 2 : 1;
    await Promise.all(
      Array.from({ length: tabs }, () => tryAgain(admin, known, random.pick([0, random.int(0, 900)]))),
    );
  }
}

/** What became of those that were tried again, and which are given up still: by owner and digest. */
export async function standing(
  sql: postgres.ISql,
  known: GivenUp,
): Promise<{ wrong: string[]; isGivenUp: (owner: string, sha256: string, now: boolean) => boolean }> {
  const rows = await sql<{ id: string; owner: string; sha256: string; state: string; code: string | null }[]>`
    select o.id, u.email as owner, encode(o.sha256, 'hex') as sha256, o.state, o.reject_code as code
    from uploads o join users u on u.id = o.owner_id where o.id = any(${[...known.ids]})`;
  const state = new Map(rows.map((row) => [row.id, row]));
  const isOver = (id: string): boolean => {
    const row = state.get(id);
    if (row === undefined) return false;
    return (
      ["ready", "cancelled"].includes(row.state) || (row.state === "rejected" && row.code !== "internal")
    );
  };
  const wrong = known.again
    .filter(({ ids, taken }) => ids.filter(isOver).length < taken)
    .map(({ ids, taken }) => {
      const now = ids.map((id) => `${id} ${state.get(id)?.state} ${state.get(id)?.code ?? ""}`);
      return `R-33: ${taken} uploads were told to be verified once more, and were not: ${now.join(", ")}`;
    });
  const isGivenUp = (owner: string, sha256: string, now: boolean): boolean =>
    rows.some(
      (row) =>
        row.owner === owner &&
        row.sha256 === sha256 &&
        (!now || (row.state === "rejected" && row.code === "internal")),
    );
  return { wrong, isGivenUp };
}
