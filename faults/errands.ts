/** What who runs the site does while everything happens: brings a folder, backs up, compares database and bucket. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import postgres from "postgres";
import { mediaRows } from "./checker.ts";
import { sha256 } from "./client.ts";
import type { Person, Story } from "./person.ts";
import { picture } from "./pictures.ts";
import type { Place, Ran } from "./place.ts";
import type { Random } from "./random.ts";
import type { Errand } from "./schedule.ts";

/** What is left of an errand: to be done when all is well again, and to be looked at when all has been judged. */
export type Left = { whenWell: () => Promise<string[]>; inTheEnd: () => Promise<string[]> };

const nothing = async (): Promise<string[]> => [];
const said = (what: string, { code, out, told }: Ran): string =>
  `${what} ended with ${code}:\n${[out, told].join("\n").slice(-1_500)}`;

/** Begins an errand; it may fail for the faults that are on, and must then do no harm. */
export function run(place: Place, people: Person[], errand: Errand, random: Random): Promise<Left> {
  if (errand.what === "import") return importing(place, people[errand.person], errand, random);
  return errand.what === "backup" ? backingUp(place, people) : reconciling(place);
}

/** A folder is brought; said again until it says that everything is there, as its help tells people to. */
async function importing(
  place: Place,
  person: Person | undefined,
  { files, killAfterMs }: Extract<Errand, { what: "import" }>,
  random: Random,
): Promise<Left> {
  if (person === undefined) return { whenWell: nothing, inTheEnd: nothing };
  const folder = path.join(place.folder, `import-${random.int(0, 1e9)}`);
  await mkdir(folder);
  const stories: Story[] = [];
  for (const [n, flaw] of files.entries()) {
    const { bytes, mime } = await picture(random, flaw);
    const filename = `${n}-${flaw}.${mime.slice(6)}`;
    await writeFile(path.join(folder, filename), bytes);
    stories.push({
      ...{ owner: person.account.email, filename, bytes, sha256: sha256(bytes), flaw },
      ...{ guest: false, stored: false, accepted: false, cancelAsked: false, log: [] },
    });
  }
  person.stories.push(...stories);
  const command = ["import", folder, "--owner", person.account.email, "--no-wait"];
  const first = await place.command(command, { killAfterMs });
  const whenWell = async (): Promise<string[]> => {
    const ran = first.code === 0 ? first : await place.command(command, { straight: true });
    // What is cut off or no picture at all is told with 1; the rest has to be on its way.
    if (ran.code !== 0 && ran.code !== 1) return [said("An import when all is well", ran)];
    for (const story of stories) {
      story.accepted = true;
      story.log.push(said("import", ran));
    }
    return [];
  };
  return { whenWell, inTheEnd: nothing };
}

/** A backup that says it is one holds everything that people had been told of before it began. */
async function backingUp(place: Place, people: Person[]): Promise<Left> {
  const began = Date.now();
  const ran = await place.command(["backup", "--json"]);
  if (ran.code !== 0) return { whenWell: nothing, inTheEnd: nothing };
  const { name } = JSON.parse(ran.out) as { name: string };
  const inTheEnd = async (): Promise<string[]> => {
    const url = new URL(place.direct.databaseUrl() ?? "");
    const trial = `trial_${began}`;
    const server = postgres(url.href, { max: 1, onnotice: () => {} });
    await server.unsafe(`create database ${trial}`);
    url.pathname = `/${trial}`;
    try {
      const restored = await place.command(["restore", name], { straight: true, databaseUrl: url.href });
      if (restored.code !== 0) return [said("To restore a backup", restored)];
      const sql = postgres(url.href, { max: 1, onnotice: () => {} });
      const rows = await mediaRows(sql).finally(() => sql.end());
      const kept = new Map(rows.map((row) => [row.id, row]));
      return people
        .flatMap(({ wishes }) => [...wishes.values()])
        .filter(({ toldAt, mediaId }) => toldAt < began && !kept.has(mediaId))
        .map(({ mediaId }) => `Lost: medium ${mediaId} was told of before backup ${name} and is not in it`);
    } finally {
      await server.unsafe(`drop database ${trial} with (force)`);
      await server.end();
    }
  };
  return { whenWell: nothing, inTheEnd };
}

/** Nothing is old enough to be acted upon, but rows that seem odd at that moment. */
async function reconciling(place: Place): Promise<Left> {
  await place.command(["reconcile", "--apply", "--age", "1", "--fresh"]);
  return { whenWell: nothing, inTheEnd: nothing };
}

/** The same days later, beside sweeper, purge and workers, when everything that was left behind is old enough. */
export async function reconcileLater(place: Place, clockMs: number): Promise<string[]> {
  const ran = await place.command(["reconcile", "--apply", "--fresh", "--hash"], { straight: true, clockMs });
  return ran.code === 0 || ran.code === 3 ? [] : [said("To reconcile days later", ran)];
}
