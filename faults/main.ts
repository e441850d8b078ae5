/**
 * `npm run test:faults -- --count 200 --seed 7`: schedules 7 to 206. One that fails prints its seed; `--seed <that>`
 * runs it again by itself. See docs/faults.md.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { Client } from "./client.ts";
import { Person } from "./person.ts";
import { openPlace, type Place } from "./place.ts";
import { runSchedule } from "./run.ts";
import { draw, peopleCount, type Schedule } from "./schedule.ts";
import { shortCrowd } from "./short-crowd.ts";

type World = { place: Place; people: Person[]; stranger: Client };

async function openWorld(): Promise<World> {
  const place = await openPlace();
  try {
    const people = Array.from({ length: peopleCount }, (_, n) => {
      const name = `Person ${n + 1}`;
      const account = { email: `p${n + 1}@example.com`, name, password: randomBytes(12).toString("hex") };
      return new Person(account, new Client(place.origin));
    });
    await Promise.all([place.heal(), ...people.map((one) => place.addUser(one.account))]);
    for (const one of people) await one.client.signIn(one.account);
    return { place, people, stranger: new Client(place.origin) };
  } catch (error) {
    await place.close();
    throw error;
  }
}

const list = (title: string, lines: readonly string[]): string =>
  `${title}\n${lines.map((line) => `    ${line}`).join("\n")}`;

function report({ place }: World, schedule: Schedule, wrong: string[]): void {
  const { seed, faults, visits, changes } = schedule;
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
        [...visits, ...changes].map((one) => JSON.stringify(one)),
      ),
      ...parts.map((part) => list(`  The last of ${part.name}:`, part.lastLines.slice(-40))),
      list("  The last of Postgres:", place.database.lines.slice(-15)),
    ].join("\n"),
  );
}

const describe = ({ faults, visits, transport }: Schedule): string =>
  `${visits.length} files by ${transport}; ${faults.map((fault) => ("who" in fault ? `${fault.kind} ${fault.who}` : fault.kind)).join(", ")}`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    /** No schedule is begun later than that. */
    seconds: { type: "string", default: "1000000" },
    /** Ends with a small crowd: many at once, and turns in the queue. */
    crowd: { type: "boolean", default: false },
  },
});
const [count, first] = [Number(values.count), Number(values.seed)];
if (!(Number.isInteger(count) && Number.isInteger(first) && count > 0))
  throw new Error("--count and --seed are whole numbers.");

const beganAll = Date.now();
let world = await openWorld();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void world.place.close().finally(() => process.exit(130)));
const failed: number[] = [];
let judged = 0;
try {
  for (let seed = first; seed < first + count; seed++) {
    if (judged > 0 && Date.now() - beganAll > Number(values.seconds) * 1000) break;
    const schedule = draw(seed);
    const began = Date.now();
    const wrong = await runSchedule(world.place, world.people, world.stranger, schedule).catch(
      (error: unknown) => [`The schedule broke off: ${error instanceof Error ? error.stack : error}`],
    );
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(`${wrong.length === 0 ? "ok    " : "FAILED"} ${seed} (${seconds} s): ${describe(schedule)}`);
    judged += 1;
    if (wrong.length === 0) continue;
    failed.push(seed);
    report(world, schedule, wrong);
    // What is left of it would be held against the next.
    await world.place.close();
    world = await openWorld();
  }
} finally {
  await world.place.close();
}
const stories = world.people.flatMap((one) => one.stories);
console.log(
  `${judged} of ${count} schedules, ${failed.length} failed${failed.length > 0 ? ` (${failed.join(", ")})` : ""}; of the last place, ${stories.length} uploads were judged, ${stories.filter((one) => one.mediaId !== undefined).length} of them told to be in the gallery, ${stories.filter((one) => one.mediaId !== undefined && /\.(mp4|quicktime|webm|heic)$/.test(one.filename)).length} of these videos and Live Photos.`,
);
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
