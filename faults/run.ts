/** One schedule: people and faults at once, then everything is started again, swept until it is quiet, and judged. */
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { judge, mediaRows, readObject, s3Of, wrongWith } from "./checker.ts";
import type { Client } from "./client.ts";
import type { Part } from "./part.ts";
import type { Person } from "./person.ts";
import { film, large, live, type Picture, picture } from "./pictures.ts";
import type { Place } from "./place.ts";
import { Random } from "./random.ts";
import type { Fault, Schedule, Visit } from "./schedule.ts";

/** After the last fault: how long people go on trying. */
const patienceMs = 15_000;
/** The lease of a worker that was killed ends by itself only then; time is moved instead. */
const daysLater = 3;
const quietMsMax = 240_000;

type Named = { part(name: string): Part };
const partsOf = (place: Place): Named => {
  const all = [place.web, place.store, ...place.workers];
  return {
    part(name) {
      const found = all.find((one) => one.name === name);
      if (found === undefined) throw new Error(`No part is called ${name}.`);
      return found;
    },
  };
};

async function addJobs(
  place: Place,
  names: readonly string[],
  payload: object = {},
  waitSeconds = 2,
): Promise<void> {
  if (place.direct.databaseUrl() === undefined) return;
  const sql = postgres(place.direct.databaseUrl() ?? "", {
    max: 1,
    onnotice: () => {},
    connect_timeout: waitSeconds,
  });
  try {
    for (const name of names)
      await sql`select graphile_worker.add_job(${name}::text, payload => ${JSON.stringify(payload)}::text::json)`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Lets one fault happen, and be over after its time. */
async function inflict(place: Place, fault: Fault, random: Random): Promise<void> {
  const { part } = partsOf(place);
  const wire = (who: string) =>
    (who === "web" ? place.wires.web : place.wires.workers[Number(who.at(-1)) - 1]) ?? place.wires.web;
  switch (fault.kind) {
    case "kill":
    case "terminate": {
      const who = fault.who === "database" ? place.database : part(fault.who);
      await (fault.kind === "kill" ? who.kill() : who.stop());
      await wait(fault.forMs);
      return who.start();
    }
    case "pause": {
      const who = fault.who === "database" ? place.database : part(fault.who);
      who.pause();
      await wait(fault.forMs);
      return who.resume();
    }
    case "failpoint": {
      const who = part(fault.who);
      await who.kill();
      await who.start({ TINTYPE_FAILPOINTS: `${fault.place}=${fault.deed}@${fault.time}` });
      await wait(fault.forMs);
      // It may not have come there yet, and must not do so when everything is to be well.
      await who.kill();
      return who.start();
    }
    case "cut":
    case "freeze":
    case "slow":
    case "bite": {
      const at = wire(fault.who);
      if (fault.kind === "cut") at.cut();
      else if (fault.kind === "freeze") at.freeze();
      else if (fault.kind === "slow") at.slow(fault.ms);
      else at.biteOff(fault.bytes);
      await wait(fault.forMs);
      return at.heal();
    }
    case "door":
      place.doors[fault.who].trouble(fault.trouble, fault.chance, random);
      await wait(fault.forMs);
      return place.doors[fault.who].heal();
    case "clock":
      part(fault.who).trouble({ clockMs: fault.ms });
      await wait(fault.forMs);
      return part(fault.who).trouble({});
    case "disk":
      place.store.trouble({ disk: fault.point });
      await wait(fault.forMs);
      return place.store.trouble({});
    case "housekeeping":
      return addJobs(place, fault.jobs);
    case "derive": {
      if (place.direct.databaseUrl() === undefined) return;
      const sql = postgres(place.direct.databaseUrl() ?? "", {
        max: 1,
        onnotice: () => {},
        connect_timeout: 2,
      });
      const rows = await mediaRows(sql).finally(() => sql.end({ timeout: 1 }));
      for (const row of rows.filter((one) => !one.purged).slice(-3))
        await addJobs(place, ["derive"], { mediaId: row.id });
    }
  }
}

/** Looks at what is shown while everything happens: a medium that is visible must be whole at that moment. */
async function witness(place: Place, random: Random, over: () => boolean): Promise<string[]> {
  const wrong: string[] = [];
  const s3 = s3Of(place);
  while (!over()) {
    await wait(400);
    const url = place.direct.databaseUrl();
    if (url === undefined) continue;
    const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 1 });
    try {
      const shown = async () => (await mediaRows(sql)).filter((row) => !row.deleted);
      const all = await Promise.race([shown(), wait(2_000)]);
      if (all === undefined || all.length === 0) continue;
      const row = random.pick(all.slice(-8));
      const keys = [row.key, ...row.avif_widths.map((width) => `${row.rendition_folder}/${width}.avif`)];
      const found = new Map(
        await Promise.all(
          keys.map(async (key) => [key, await readObject(s3, place.direct.bucket, key)] as const),
        ),
      );
      const problems = wrongWith({ ...row, jpeg_widths: [], motion: null, clip_key: null }, (key) =>
        found.get(key),
      );
      if (problems.length === 0) continue;
      const now = (await shown()).find((one) => one.id === row.id);
      // Thrown away, or shown by other renditions, while it was looked at.
      if (now?.rendition_folder === row.rendition_folder)
        wrong.push(...problems.map((text) => `while it happened: ${text}`));
    } catch {
      // The database or the store is not there at this moment: nothing was seen.
    } finally {
      void sql.end({ timeout: 1 }).catch(() => {});
    }
  }
  s3.destroy();
  return wrong;
}

/** Days pass for everybody, as far as the database knows. Leases only end where nobody is at work. */
const age = (sql: postgres.Sql, first: boolean) =>
  sql.begin(async (tx) => {
    const days = `${daysLater} days`;
    await tx`update uploads set policy_expires_at = policy_expires_at - ${days}::interval,
    created_at = created_at - ${days}::interval where state = 'issued'`;
    await tx`update uploads set lease_until = lease_until - ${days}::interval
    where state = 'verifying' and (${first} or lease_token is null)`;
    await tx`update purges set not_before = not_before - interval '60 days', lease_until = null where done_at is null`;
    await tx`update graphile_worker._private_jobs set run_at = least(run_at, now())
    where locked_at is null and attempts < max_attempts`;
  });

/** Brings everything to its end. False: something does not come to one. */
export async function sweepUntilQuiet(place: Place): Promise<boolean> {
  const ahead = daysLater * 86_400_000;
  for (const one of [place.store, ...place.workers]) one.trouble({ clockMs: ahead });
  await wait(300);
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  const began = Date.now();
  let quiet = 0;
  try {
    for (let round = 0; Date.now() - began < quietMsMax; round++) {
      await age(sql, round === 0);
      // Everything is well by then: whoever is slow is a crowded machine.
      await addJobs(place, ["sweep", "sweep", "purge", "purge", "sweep_incoming"], {}, 60);
      await wait(round === 0 ? 1_200 : 700);
      const [state] = await sql<{ open: number; purges: number; jobs: number }[]>`select
        (select count(*)::int from uploads where state in ('issued', 'verifying')) as open,
        (select count(*)::int from purges where done_at is null) as purges,
        (select count(*)::int from graphile_worker._private_jobs j
          join graphile_worker._private_tasks t on t.id = j.task_id
          where t.identifier in ('finalize', 'derive', 'sweep_incoming') and locked_at is not null
            and locked_at > now() - interval '20 seconds') as jobs`;
      quiet = state?.open === 0 && state.purges === 0 && state.jobs === 0 ? quiet + 1 : 0;
      if (quiet >= 2) return true;
    }
    return false;
  } finally {
    await sql.end();
    for (const one of [place.store, ...place.workers]) one.trouble({});
    await wait(300);
  }
}

/** What somebody brings: one file, or the two of a Live Photo. */
async function filesOf({ what, flaw }: Visit, random: Random): Promise<Picture[]> {
  if (what === "live") return live(random);
  if (what === "large") return [await large(random)];
  return [await (what === "video" && flaw !== "no-picture" ? film : picture)(random, flaw)];
}

/** Runs one schedule on a place that is well; sentences of what is wrong afterwards. */
export async function runSchedule(
  place: Place,
  people: Person[],
  stranger: Client,
  schedule: Schedule,
): Promise<string[]> {
  const random = new Random(schedule.seed + 1_000_003);
  await place.travelBy(schedule.transport);
  const began = Date.now();
  const until = began + schedule.lengthMs + patienceMs;
  const at = (ms: number): Promise<void> => wait(Math.max(0, began + ms - Date.now()));
  let over = false;
  const watching = witness(place, random.fork(), () => over);
  // One place has one trouble at a time: the second would end with the first.
  const broken: unknown[] = [];
  const note = (error: unknown): void => {
    broken.push(error);
  };
  const inflicting = async (fault: Fault): Promise<void> => {
    const own = random.fork();
    await at(fault.at);
    await inflict(place, fault, own).catch((error: unknown) => {
      // A job cannot be added to a database that is away; everything else has to work.
      if (fault.kind !== "housekeeping" && fault.kind !== "derive") throw error;
    });
  };
  const visiting = async (visit: Visit): Promise<void> => {
    const own = random.fork();
    const second = random.fork();
    const made = await filesOf(visit, own);
    await at(visit.at);
    const person = people[visit.person];
    const sent = made.map(async (file, n) => {
      const whims = n === 0 ? own : own.fork();
      await wait(n * visit.apartMs);
      await Promise.all([
        person?.upload(file, whims, until),
        ...(visit.twice ? [person?.upload(file, second, until)] : []),
      ]);
    });
    await Promise.all(sent);
  };
  const changing = async (change: Schedule["changes"][number]): Promise<void> => {
    const own = random.fork();
    await at(change.at);
    await people[change.person]?.change(own);
  };
  const faults = schedule.faults.map((fault) => inflicting(fault).catch(note));
  const visits = schedule.visits.map((visit) => visiting(visit).catch(note));
  const changes = schedule.changes.map((change) => changing(change).catch(note));
  await Promise.all(faults);
  await place.heal();
  await Promise.all([...visits, ...changes]);
  over = true;
  const seen = await watching;
  if (broken.length > 0) throw broken[0];
  const isQuiet = await sweepUntilQuiet(place);
  return [
    ...seen,
    ...(isQuiet ? [] : ["R-30: something does not come to its end"]),
    ...(await judge(place, people, stranger)),
  ];
}
