/** One schedule: people and faults at once, then everything is started again, swept until it is quiet, and judged. */
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { carryOut } from "./acts.ts";
import { judge, mediaRows, readObject, s3Of, wrongWith } from "./checker.ts";
import type { Client } from "./client.ts";
import type { Means } from "./deeds.ts";
import { reconcileLater, run } from "./errands.ts";
import { type GivenUp, carryOut as giveUp } from "./given-up.ts";
import { judgeLinks } from "./links.ts";
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
/** Long, because a machine may be crowded: only what never comes to an end has to wait for it. */
const quietMsMax = 480_000;
/** After that long it is said what everybody waits for. */
const slowMs = 60_000;
/** How long a round of housekeeping may take before the next one is begun beside it. */
const jobsMsMax = 60_000;
/** Between two looks at the database, and between two rounds in which something was left to do. */
const lookMs = 40;
const pauseMs = 250;
/** How long living workers have to finish what they hold when the faults are over. */
const finishMs = 1_500;
/** A process sees within a tenth of a second what its clock and its disk are told. */
const troubleMs = 150;

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

async function addJobs(place: Place, names: readonly string[], payload: object = {}): Promise<void> {
  if (place.direct.databaseUrl() === undefined) return;
  const sql = postgres(place.direct.databaseUrl() ?? "", {
    max: 1,
    onnotice: () => {},
    connect_timeout: 2,
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
    await soon(tx);
  });

/** What waits for its next try does not wait any longer. */
const soon = (sql: postgres.ISql) =>
  sql`update graphile_worker._private_jobs set run_at = least(run_at, now())
    where locked_at is null and attempts < max_attempts`;

/** Lets these jobs run, in whichever worker, and waits until each has come to an end, be it a bad one. */
async function runJobs(sql: postgres.Sql, names: readonly string[]): Promise<void> {
  const ids: string[] = [];
  for (const name of names) {
    const [job] = await sql<{ id: string }[]>`
      select id from graphile_worker.add_job(${name}::text, payload => '{}'::json)`;
    if (job !== undefined) ids.push(job.id);
  }
  const began = Date.now();
  for (;;) {
    const [left] = await sql<{ n: number }[]>`
      select count(*)::int as n from graphile_worker._private_jobs
      where id = any(${ids}::bigint[]) and (attempts = 0 or locked_at is not null)`;
    if (left?.n === 0 || Date.now() - began > jobsMsMax) return;
    await wait(lookMs);
  }
}

/**
 * After the last fault: what living workers hold they finish; what dead ones held, and what waits for its next try, comes
 * free now and not in a minute. Nobody who still waits in front of the upload page is told to go home.
 */
async function endLeases(place: Place): Promise<void> {
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  const began = Date.now();
  try {
    for (;;) {
      const [verifying] = await sql<{ n: number }[]>`
        select count(*)::int as n from uploads where state = 'verifying'`;
      if (verifying?.n === 0 || Date.now() - began > finishMs) break;
      await wait(lookMs);
    }
    await sql`update uploads set lease_until = now() - interval '1 second' where state = 'verifying'`;
    await soon(sql);
    await runJobs(sql, ["sweep"]);
  } finally {
    await sql.end();
  }
}

/** What has not come to its end, in words. */
const restless = async (sql: postgres.Sql): Promise<string[]> => [
  ...(await sql`select id, state from uploads where state in ('issued', 'verifying')`).map(
    ({ id, state }) => `upload ${id} is ${state}`,
  ),
  ...(await sql`select key, reason, last_error from purges where done_at is null`).map(
    ({ key, reason, last_error }) => `the removal of ${key} (${reason}): ${last_error}`,
  ),
  ...(
    await sql`
      select t.identifier, j.payload::text, j.attempts, j.max_attempts, j.run_at::text, j.locked_at::text, j.locked_by,
        j.last_error
      from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier in ('finalize', 'derive', 'full_jpeg', 'sweep_incoming')
        and (locked_at > now() - interval '20 seconds'
          or (locked_at is null and attempts = 0 and t.identifier <> 'sweep_incoming'))`
  ).map((job) => `job ${JSON.stringify(job)}`),
];

/** Brings everything to its end. Says what does not come to one. */
export async function sweepUntilQuiet(place: Place, reconciling = false): Promise<string[]> {
  const ahead = daysLater * 86_400_000;
  for (const one of [place.store, ...place.workers]) one.trouble({ clockMs: ahead });
  await wait(troubleMs);
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  const began = Date.now();
  let quiet = 0;
  let left: string[] = [];
  let wrong: Promise<string[]> | undefined;
  let toldSlow = false;
  try {
    for (let round = 0; Date.now() - began < quietMsMax; round++) {
      await age(sql, round === 0);
      if (round === 0 && reconciling) wrong = reconcileLater(place, ahead);
      await runJobs(sql, ["sweep", "sweep", "purge", "purge", "sweep_incoming"]);
      left = await restless(sql);
      quiet = left.length === 0 ? quiet + 1 : 0;
      if (quiet >= 2 && wrong !== undefined) {
        const sentences = await wrong;
        if (sentences.length > 0) return sentences;
        // It may have handed something to the workers.
        wrong = undefined;
        quiet = 0;
      }
      if (quiet >= 2) return [];
      if (quiet === 0) await wait(pauseMs);
      if (!toldSlow && Date.now() - began > slowMs) {
        toldSlow = true;
        console.log(["It is not quiet after a minute:", ...left].join("\n  "));
      }
    }
    return left.map((one) => `R-30: it does not come to its end: ${one}`);
  } finally {
    await sql.end();
    for (const one of [place.store, ...place.workers]) one.trouble({});
    await wait(troubleMs);
  }
}

/** What somebody brings: one file, or the two of a Live Photo. */
async function filesOf({ what, flaw }: Visit, random: Random): Promise<Picture[]> {
  if (what === "live") return live(random);
  if (what === "large") return [await large(random)];
  return [await (what === "video" && flaw !== "no-picture" ? film : picture)(random, flaw)];
}

type Inhabited = {
  place: Place;
  people: Person[];
  guests: Person[];
  stranger: Client;
  admin: Client;
  givenUp: GivenUp;
};

/** Runs one schedule on a place that is well; sentences of what is wrong afterwards. */
export async function runSchedule(
  { place, people, guests, stranger, admin, givenUp }: Inhabited,
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
    const person = (visit.guest ? guests : people)[visit.person];
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
  const editing = async (edit: Schedule["edits"][number]): Promise<void> => {
    const own = random.fork();
    await at(edit.at);
    await people[edit.person]?.edit(own);
  };
  const doing = async (deed: Schedule["deeds"][number], n: number): Promise<void> => {
    const own = new Random(schedule.seed * 100 + n);
    // The database may be away, and then nothing is due.
    const purge = (): Promise<void> => addJobs(place, ["purge", "purge"]).catch(() => {});
    const link: Means["link"] = (...of) => place.link(...of).catch(() => undefined);
    const addGuest = (guest: Person): void => void guests.push(guest);
    await at(deed.at);
    const person = people[deed.person];
    if (person !== undefined) await carryOut(person, deed, own, { purge, until, link, addGuest });
  };
  const givingUp = async (): Promise<void> => {
    if (schedule.givingUp === undefined) return;
    await at(schedule.givingUp.at);
    await giveUp(place, admin, givenUp, schedule.givingUp, new Random(schedule.seed + 7));
  };
  const givenUpThen = givingUp().catch(note);
  const deeds = schedule.deeds.map((deed, n) => doing(deed, n).catch(note));
  const faults = schedule.faults.map((fault) => inflicting(fault).catch(note));
  const visits = schedule.visits.map((visit) => visiting(visit).catch(note));
  const changes = schedule.changes.map((change) => changing(change).catch(note));
  const edits = schedule.edits.map((edit) => editing(edit).catch(note));
  const errands = schedule.errands.map(async (errand) => {
    const own = random.fork();
    await at(errand.at);
    return run(place, people, errand, own);
  });
  await Promise.all(faults);
  await place.heal();
  await endLeases(place);
  await Promise.all([...visits, ...changes, ...edits, ...deeds, givenUpThen]);
  over = true;
  const seen = await watching;
  const finish = await Promise.all(errands);
  if (broken.length > 0) throw broken[0];
  const again = await Promise.all(finish.map(({ whenWell }) => whenWell()));
  const left = await sweepUntilQuiet(place, schedule.reconcileAfter);
  return [
    ...seen,
    ...again.flat(),
    ...left,
    ...(await judge(place, [...people, ...guests], stranger, givenUp)),
    ...(await judgeLinks(stranger, people)),
    ...(await Promise.all(finish.map(({ inTheEnd }) => inTheEnd()))).flat(),
  ];
}
