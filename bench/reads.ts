/**
 * How many pages of the database every list, its neighbours, suggestions, a change of a month and its way back touch in a
 * library of a million (--rows), counted by Postgres for the one connection that asks: a number that no other load on the
 * machine changes, unlike milliseconds. Rows only, in a throw-away Postgres, or in the one at --url, which must be seeded.
 */
import { readFile } from "node:fs/promises";
import postgres from "postgres";
import { connect, type Db, type Sql } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { changeMedia, undo } from "#lib/bulk/change.ts";
import { changeShape, selectionShape } from "#lib/bulk/shapes.ts";
import { openList } from "#lib/lists.ts";
import type { Viewer } from "#lib/media.ts";
import { parseQuery } from "#lib/search/query.ts";
import { searchMedia } from "#lib/search/search.ts";
import { beginnings, suggestionsFor } from "#lib/search/suggest.ts";
import { listTags } from "#lib/tags.ts";
import { throwawayPostgres } from "#lib/testing.ts";
import { median, table } from "./processes.ts";
import { owner as id, organise, seed } from "./seed.ts";

const rounds = 5;
const owner: Viewer = { id, name: "Bench", email: "0@example.com", role: "owner" };

/** Pages that `work` touched, in memory or not, and its milliseconds. The connection must be the only one of `sql`. */
async function counted(
  sql: Sql,
  work: () => Promise<unknown>,
): Promise<{ pages: number; ms: number; cpuMs: number }> {
  const soFar = async (): Promise<number> => {
    await sql`select pg_stat_force_next_flush()`;
    const [row] = await sql<{ pages: string }[]>`
      select sum(coalesce(hits, 0) + coalesce(reads, 0))::text as pages from pg_stat_get_backend_io(pg_backend_pid())
      where object = 'relation'`;
    return Number(row?.pages);
  };
  const [server] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const cpu = async (): Promise<number> =>
    Number((await readFile(`/proc/${server?.pid}/schedstat`, "utf8")).split(" ")[0]) / 1_000_000;
  const before = await soFar();
  const cpuBefore = await cpu();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const cpuMs = (await cpu()) - cpuBefore;
  const own = (await soFar()) - (await soFar());
  return { pages: (await soFar()) - before + 3 * own, ms, cpuMs };
}

type Door = [name: string, work: () => Promise<unknown>];

async function lists(db: Db, sql: Sql): Promise<Door[]> {
  const albums = await sql<
    { id: string; sort: string }[]
  >`select id, sort from albums where title like 'Album %'`;
  const named: [string, string][] = [
    ["timeline", "timeline"],
    ["favourites", "favourites"],
    ...albums.map(({ id, sort }): [string, string] => [`album, ${sort}`, `album.${id}`]),
    ["search, common words", "search.sunset"],
    ["search, tag", "search.tag:common"],
    ["search, rare word", "search.khundred"],
  ];
  const doors: Door[] = [];
  for (const [name, list] of named) {
    const opened = openList(list);
    if (opened === undefined) throw new Error(`no list ${list}`);
    let cursor: string | undefined;
    let middle = (await opened.page(db, { viewer: owner, cursor, limit: 60 }))?.media.at(-1);
    for (let n = 0; n < 5; n++) {
      const page = await opened.page(db, { viewer: owner, cursor, limit: 500 });
      if (page === undefined) break;
      middle = page.media.at(-1) ?? middle;
      if (page.next === undefined) break;
      cursor = page.next;
    }
    const of = middle;
    if (of === undefined) throw new Error(`nothing in ${list}`);
    for (const [who, viewer] of [
      ["owner", owner],
      ["visitor", undefined],
    ] as const) {
      if (viewer === undefined && (list === "favourites" || list.includes("tag:"))) continue;
      doors.push([
        `${name}: first page, ${who}`,
        () => opened.page(db, { viewer, cursor: undefined, limit: 60 }),
      ]);
      if (viewer !== undefined && cursor !== undefined)
        doors.push([`${name}: page after 2,500`, () => opened.page(db, { viewer, cursor, limit: 60 })]);
    }
    doors.push([`${name}: previous and next`, () => opened.neighbours(db, { viewer: owner, of })]);
    if (opened.around !== undefined)
      doors.push([
        `${name}: 12 on each side`,
        async () => opened.around?.(db, { viewer: owner, of, limit: 12 }),
      ]);
  }
  return doors;
}

const asked = [
  "zzzzq",
  "kone",
  "kmany",
  "img",
  "sunset busan",
  "바다",
  "s",
  'camera:"X-T4"',
  "type:gif",
  "color:red",
  "orientation:portrait",
  "rating:5",
  "2015-03",
  "on:07-23",
];

function others(db: Db): Door[] {
  return [
    ...asked.map(
      (text): Door => [
        `search for ${text}`,
        () => searchMedia(db, { viewer: owner, clauses: parseQuery(text).clauses, limit: 60 }),
      ],
    ),
    ["tags, first page", () => listTags(db, { viewer: owner, limit: 60 })],
    ...["", "s", "su", "sun", "tag:co", "camera:x", "album:al", "place:bu"].map(
      (text): Door => [`suggestions for “${text}”`, () => suggestionsFor(db, { viewer: owner, text })],
    ),
    ["suggestions for “sun”, visitor", () => suggestionsFor(db, { viewer: undefined, text: "sun" })],
    ["page of an empty search", () => beginnings(db, owner)],
  ];
}

/** As many as the largest month has, at least fifty thousand, changed at once and put back. */
async function changes(db: Db, sql: Sql): Promise<Record<string, string | number>[]> {
  const months = await sql<{ month: string; count: number }[]>`
    select left(month, 7) as month, sum(count)::int as count from media_months where owner_id = ${id} group by 1 order by 1 desc`;
  const chosen: string[] = [];
  let count = 0;
  for (const one of months) {
    if (count >= 50_000) break;
    chosen.push(one.month);
    count += one.count;
  }
  const selection = selectionShape.parse({ months: chosen });
  const rows: Record<string, string | number>[] = [];
  for (const change of [
    { kind: "visibility", visibility: "public" },
    { kind: "texts", title: "July" },
    { kind: "rating", rating: 4 },
    { kind: "tags", add: ["Sea"] },
    { kind: "trash" },
  ] as const) {
    let changeId: string | undefined;
    let changed = 0;
    const there = await counted(sql, async () => {
      const answer = await changeMedia(db, { viewer: owner, selection, change: changeShape.parse(change) });
      changeId = answer.id;
      changed = answer.changed;
    });
    const back = await counted(sql, async () => {
      if (changeId !== undefined) await undo(db, { viewer: owner, changeId });
    });
    rows.push({
      change: change.kind,
      pictures: changed,
      s: (there.ms / 1000).toFixed(1),
      "CPU, s": (there.cpuMs / 1000).toFixed(1),
      "pages a picture": (there.pages / Math.max(1, changed)).toFixed(1),
      "back, s": (back.ms / 1000).toFixed(1),
      "CPU back, s": (back.cpuMs / 1000).toFixed(1),
      "pages a picture, back": (back.pages / Math.max(1, changed)).toFixed(1),
    });
  }
  return rows;
}

async function measure(url: string, withChanges: boolean | "only"): Promise<void> {
  const { db, sql } = connect(url, { max: 1 });
  if (withChanges === "only") {
    table(await changes(db, sql));
    return sql.end();
  }
  const figures: Record<string, string | number>[] = [];
  for (const [name, work] of [...(await lists(db, sql)), ...others(db)]) {
    const all = [];
    for (let round = 0; round < rounds; round++) all.push(await counted(sql, work));
    figures.push({
      asked: name,
      "pages read": Math.min(...all.map(({ pages }) => pages)),
      ms: median(all.map(({ ms }) => ms)).toFixed(1),
    });
  }
  table(figures);
  if (withChanges) table(await changes(db, sql));
  await sql.end();
}

export async function run(args: string[]): Promise<void> {
  const given = (name: string): string | undefined =>
    args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
  const url = given("--url");
  if (url !== undefined) return measure(url, args.includes("--changes") ? "only" : false);
  const server = await throwawayPostgres();
  try {
    await migrate(server.url);
    const pg = postgres(server.url, { max: 1, onnotice: () => {} });
    await seed(pg, Number(given("--rows") ?? 1_000_000));
    await organise(pg);
    await pg.end();
    await measure(server.url, true);
  } finally {
    await server.stop();
  }
}
