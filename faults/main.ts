/**
 * `npm run test:faults -- --count 200 --seed 7`: schedules 7 to 206. One that fails prints its seed; `--seed <that>`
 * runs it again by itself. See docs/faults.md.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { isDatabaseGone } from "#lib/database-gone.ts";
import { Client } from "./client.ts";
import type { GivenUp } from "./given-up.ts";
import { Person } from "./person.ts";
import { type Account, openPlace, type Place } from "./place.ts";
import { runSchedule } from "./run.ts";
import { draw, peopleCount, type Schedule } from "./schedule.ts";
import { shortCrowd } from "./short-crowd.ts";

/** `guests`: of each person, somebody who sends to them through a link. */
type World = {
  place: Place;
  people: Person[];
  guests: Person[];
  stranger: Client;
  /** Runs the site. */
  admin: Client;
  givenUp: GivenUp;
};

async function openWorld(): Promise<World> {
  const place = await openPlace();
  try {
    const people = Array.from({ length: peopleCount }, (_, n) => {
      const name = `Person ${n + 1}`;
      const account = { email: `p${n + 1}@example.com`, name, password: randomBytes(12).toString("hex") };
      return new Person(account, new Client(place.origin));
    });
    const password = randomBytes(12).toString("hex");
    const keeper: Account = { email: "keeper@example.com", name: "Keeper", password, role: "admin" };
    const accounts = [keeper, ...people.map((one) => one.account)];
    await Promise.all([place.heal(), ...accounts.map((one) => place.addUser(one))]);
    const guests = await Promise.all(
      people.map(async (person) => {
        const { client, account } = person;
        await client.signIn(account);
        const { id, token } = await place.link(account);
        person.inbox = id;
        const browser = new Client(place.origin);
        await browser.enterAsGuest(token, `A guest of ${account.name}`);
        return new Person(account, browser, token);
      }),
    );
    const admin = new Client(place.origin);
    await admin.signIn(keeper);
    const givenUp: GivenUp = { ids: new Set(), again: [] };
    return { place, people, guests, stranger: new Client(place.origin), admin, givenUp };
  } catch (error) {
    await place.close();
    throw error;
  }
}

const list = (title: string, lines: readonly string[]): string =>
  `${title}\n${lines.map((line) => `    ${line}`).join("\n")}`;

/** A page that was found, or was none of one's business. */
const isRoutine = (line: string): boolean => /"status":(200|404),.*"msg":"answered"/.test(line);

function report({ place }: World, schedule: Schedule, wrong: string[]): void {
  const { seed, faults, visits, changes, edits, deeds, errands, givingUp } = schedule;
  const parts = [place.web, ...place.workers, place.store];
  console.error(
    [
      `\nSchedule ${seed} failed. Again: npm run test:faults -- --seed ${seed}`,
      list("  What is wrong:", wrong),
      list(
        "  What was done to it:",
        faults.map((fault) => JSON.stringify(fault)),
      ),
      list(
        "  Who came:",
        [
          ...visits,
          ...changes,
          ...edits,
          ...deeds,
          ...errands,
          ...(givingUp === undefined ? [] : [givingUp]),
        ].map((one) => JSON.stringify(one)),
      ),
      ...parts.map((part) =>
        list(`  The last of ${part.name}:`, part.lastLines.filter((line) => !isRoutine(line)).slice(-40)),
      ),
      list("  The last of Postgres:", place.database.lines.slice(-15)),
    ].join("\n"),
  );
}

const describe = ({
  faults,
  visits,
  transport,
  deeds,
  errands,
  givingUp,
  reconcileAfter,
}: Schedule): string =>
  [
    `${visits.length} files by ${transport}; `,
    [
      ...faults.map((fault) => ("who" in fault ? `${fault.kind} ${fault.who}` : fault.kind)),
      ...errands.map(({ what }) => what),
      ...deeds.map(({ kind }) => kind),
      ...(givingUp === undefined ? [] : ["give up"]),
      ...(reconcileAfter ? ["reconcile afterwards"] : []),
    ].join(", "),
  ].join("");

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    /** No schedule is begun later than that. */
    seconds: { type: "string", default: "1000000" },
    /** So many places side by side, each with processes of its own: most of a schedule is waiting. */
    lanes: { type: "string", default: "1" },
    /** Ends with a small crowd: many at once, and turns in the queue. */
    crowd: { type: "boolean", default: false },
  },
});
const [count, first, lanes] = [Number(values.count), Number(values.seed), Number(values.lanes)];
if (![count, first, lanes].every(Number.isInteger) || count < 1 || lanes < 1)
  throw new Error("--count, --seed and --lanes are whole numbers.");

/** What is read whole after each schedule grows with every one of them. */
const schedulesInOnePlace = 40;

const beganAll = Date.now();
const open = new Set<World>();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(
    signal,
    () => void Promise.all([...open].map(({ place }) => place.close())).finally(() => process.exit(130)),
  );
// The driver asks for the types of a new connection beside everything else, and nobody hears when that fails.
process.on("unhandledRejection", (error) => {
  if (!isDatabaseGone(error)) throw error;
});
const failed: number[] = [];
const all = { judged: 0, uploads: 0, told: 0, moving: 0 };
const outcomes = new Map<string, number>();
let next = first;

async function runOne(world: World, seed: number): Promise<boolean> {
  const schedule = draw(seed);
  const began = Date.now();
  const wrong = await runSchedule(world, schedule).catch((error: unknown) => [
    `The schedule broke off: ${error instanceof Error ? error.stack : error}`,
  ]);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${wrong.length === 0 ? "ok    " : "FAILED"} ${seed} (${seconds} s): ${describe(schedule)}`);
  all.judged += 1;
  if (wrong.length === 0) return true;
  failed.push(seed);
  report(world, schedule, wrong);
  return false;
}

/** Takes the next seed until there is none; true when there may be more, in a new place. */
async function inOnePlace(): Promise<boolean> {
  const world = await openWorld();
  open.add(world);
  try {
    for (let n = 0; n < schedulesInOnePlace; n++) {
      const isLate = all.judged > 0 && Date.now() - beganAll > Number(values.seconds) * 1000;
      if (next >= first + count || isLate) return false;
      next += 1;
      // What is left of one that failed would be held against the next.
      if (!(await runOne(world, next - 1))) return true;
    }
    return true;
  } finally {
    for (const { mediaId, filename } of [...world.people, ...world.guests].flatMap((one) => one.stories)) {
      all.uploads += 1;
      if (mediaId === undefined) continue;
      all.told += 1;
      if (/\.(mp4|quicktime|webm|heic)$/.test(filename)) all.moving += 1;
    }
    for (const word of [...world.people, ...world.guests].flatMap((one) => one.outcomes))
      outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    const again = world.givenUp.again.reduce((sum, { taken }) => sum + taken, 0);
    outcomes.set("tried again", (outcomes.get("tried again") ?? 0) + again);
    open.delete(world);
    await world.place.close();
  }
}

await Promise.all(
  Array.from({ length: Math.min(lanes, count) }, async () => {
    while (next < first + count && (await inOnePlace()));
  }),
);
failed.sort((a, b) => a - b);
console.log(
  `${all.judged} of ${count} schedules, ${failed.length} failed${failed.length > 0 ? ` (${failed.join(", ")})` : ""}; ${all.uploads} uploads were judged, ${all.told} of them told to be in the gallery, ${all.moving} of these videos and Live Photos; ${((Date.now() - beganAll) / 1000).toFixed(0)} s.`,
);
if (outcomes.size > 0) {
  const counted = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([word, n]) => `${word} ${n}`);
  console.log(`Beside: ${counted.join(", ")}.`);
}
process.exitCode = failed.length > 0 ? 1 : 0;
if (values.crowd) {
  const began = Date.now();
  const wrong = await shortCrowd();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${wrong.length === 0 ? "ok    " : "FAILED"} a crowd (${seconds} s)`);
  if (wrong.length > 0) {
    console.error(list("  What is wrong:", wrong));
    process.exitCode = 1;
  }
}
// A connection that was being made when its server went away is tried again for ever, also when nobody waits for it.
process.exit();
