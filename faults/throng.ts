/** The crowd's day: who comes, what is measured, and what has to hold. The bench prints it, the tests hold the site to it. */
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { judge } from "./checker.ts";
import { Client } from "./client.ts";
import {
  browse,
  camera,
  heapUp,
  members,
  sendAll,
  type Taken,
  type Tally,
  tally,
  tiny,
  watch,
} from "./crowd.ts";
import type { Person } from "./person.ts";
import type { Place } from "./place.ts";
import { Random } from "./random.ts";
import { sweepUntilQuiet } from "./run.ts";

export type Throng = {
  /** People who send so many pictures of about so many bytes each, all of them beginning at once. */
  senders: { people: number; pictures: number; bytes: number }[];
  viewers: number;
  /** Pictures that everybody may see before it begins. */
  shown: number;
  pauseMs: number;
};

export type Day = {
  tally: Tally;
  taken: Taken;
  people: Person[];
  /** Pictures that were told to be in the gallery, and those that were not. */
  ready: number;
  unready: string[];
  seconds: number;
  rounds: number;
};

/** A few pictures in the gallery, for who looks. */
async function show(place: Place, count: number): Promise<Person[]> {
  const [keeper] = await members(place, ["keeper"], () => {});
  if (keeper === undefined || count === 0) return [];
  const next = await camera(200_000);
  await sendAll(keeper, Array.from({ length: count }, next), 1);
  const ids = keeper.stories.flatMap(({ mediaId }) => mediaId ?? []);
  const change = { kind: "visibility", visibility: "public" };
  await keeper.client.post("/api/changes", { selection: { ids }, change });
  for (const id of ids) {
    const wish = keeper.wishes.get(id);
    if (wish !== undefined) wish.visibility = "public";
  }
  return [keeper];
}

/** Everybody comes at once; ends when the last picture has its verdict. */
export async function throng(place: Place, who: Throng): Promise<Day> {
  const people = await show(place, who.shown);
  const counted = tally();
  const made = await Promise.all(
    who.senders.map(async ({ people: count, pictures, bytes }, n) => {
      if (count === 0) return [];
      const names = Array.from({ length: count }, (_, m) => `sender-${n}-${m}`);
      const next = await camera(bytes);
      return (await members(place, names, counted.hear)).map((person) => ({
        person,
        pictures: Array.from({ length: pictures }, next),
      }));
    }),
  );
  const senders = made.flat();
  people.push(...senders.map(({ person }) => person));
  const lookers = await members(
    place,
    Array.from({ length: who.viewers >> 1 }, (_, n) => `viewer-${n}`),
    counted.hear,
  );
  const strangers = Array.from(
    { length: who.viewers - lookers.length },
    (_, n) => new Client(place.origin, { hear: counted.hear, address: `10.2.0.${n}` }),
  );
  const taken = watch(place);
  let over = false;
  const began = performance.now();
  const browsing = [...lookers.map(({ client }) => client), ...strangers].map((client, n) =>
    browse(client, new Random(7_000 + n), {
      endpoint: place.direct.endpoint,
      over: () => over,
      pauseMs: who.pauseMs,
    }),
  );
  await Promise.all(senders.map(({ person, pictures }, n) => sendAll(person, pictures, 100 + n)));
  const seconds = (performance.now() - began) / 1000;
  over = true;
  const rounds = (await Promise.all(browsing)).reduce((sum, one) => sum + one, 0);
  await taken.stop();
  const stories = people.flatMap((one) => one.stories);
  return {
    tally: counted,
    taken,
    people,
    ready: stories.filter(({ mediaId }) => mediaId !== undefined).length,
    unready: stories.filter(({ mediaId }) => mediaId === undefined).map(({ log }) => log.join("; ")),
    seconds,
    rounds,
  };
}

/** Everything is swept, then the judge reads it all: sentences of what is wrong for these people. */
export async function judged(place: Place, people: Person[]): Promise<string[]> {
  const left = await sweepUntilQuiet(place);
  return [...left, ...(await judge(place, people, new Client(place.origin)))];
}

export type Turns = {
  /** How many of the other's became ready between the first of the three being asked for and the last being ready. */
  between: number;
  waiting: number;
  /** Over the same time. */
  threeSeconds: number;
  allSeconds: number;
};

/** One person's `many` pictures wait; another sends three. */
export async function takeTurns(place: Place, many: number): Promise<{ turns: Turns; people: Person[] }> {
  const people = await members(place, ["heap", "three"], () => {});
  const [heap, three] = people;
  if (heap === undefined || three === undefined) throw new Error("Nobody came.");
  const next = await tiny();
  // Nobody works while they come, so that all of them wait at one moment.
  for (const worker of place.workers) worker.pause();
  await heapUp(heap, Array.from({ length: many }, next));
  for (const worker of place.workers) worker.resume();
  const began = performance.now();
  await heapUp(three, Array.from({ length: 3 }, next));
  const sql = postgres(place.direct.databaseUrl() ?? "", { max: 1, onnotice: () => {} });
  try {
    for (let open = 1; open > 0; await wait(100)) {
      const [row] = await sql<
        { n: number }[]
      >`select count(*)::int as n from uploads where state = 'verifying'`;
      open = row?.n ?? 0;
    }
    const allSeconds = (performance.now() - began) / 1000;
    // By the books, not by when somebody looked.
    const [row] = await sql<{ between: number; seconds: number }[]>`
      with mine as (
        select min(o.created_at) as asked, max(o.updated_at) as ready
        from uploads o join users u on u.id = o.owner_id where u.name = 'three')
      select extract(epoch from mine.ready - mine.asked)::float8 as seconds,
        (select count(*)::int from uploads o join users u on u.id = o.owner_id
         where u.name = 'heap' and o.updated_at between mine.asked and mine.ready) as between
      from mine`;
    const turns = {
      between: row?.between ?? many,
      waiting: many,
      threeSeconds: row?.seconds ?? Number.NaN,
      allSeconds,
    };
    return { turns, people };
  } finally {
    await sql.end();
  }
}
