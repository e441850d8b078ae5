/**
 * What people do to several pictures at once, by the pages and doors they would do it by: throw away and take back, empty
 * the trash, say what is to become of what guests sent. What each was told is kept for who judges.
 */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Answer, type Field, type Filled, NoAnswer } from "./client.ts";
import type { Person, Wish } from "./person.ts";
import type { Flaw, Picture } from "./pictures.ts";
import type { Account } from "./place.ts";
import type { Random } from "./random.ts";
import type { Deed } from "./schedule.ts";

/** Between two looks whether a picture has come. */
const lookMs = 100;

/** Of so many media: at least these are in the gallery, and these are not. */
type Found = { shown: number; away: number };
type Trashing = Extract<Deed, { kind: "trash" }>;
/** `purge`: has both workers empty what is due. */
export type Means = {
  purge: () => Promise<void>;
  until: number;
  /** A new link to an album, or for guests; undefined while the database is away. */
  link: (account: Account, albumId?: string) => Promise<{ id: string; token: string } | undefined>;
  /** Somebody who came, to be judged with the others. */
  addGuest: (guest: Person) => void;
};

const changeShape = z.object({ id: z.string().optional(), changed: z.number(), same: z.number() });
const undoShape = z.object({ restored: z.number() });

export async function unlessSilent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}

/** Nobody asks anything of them at this moment, and where they are was told. */
export const quiet = ({ wishes }: Person): Wish[] =>
  [...wishes.values()].filter((wish) => wish.place === "gallery" && wish.placeTold && wish.visibilityTold);

/** What a page says about so many, in the words of `one` or `many`. */
const countIn = (page: string, one: RegExp, many: RegExp): number =>
  one.test(page) ? 1 : Number(many.exec(page)?.[1] ?? 0);

/** Keeps what was told of these together; where it says all of one, of each. */
function settle(person: Person, some: Wish[], { shown, away }: Found, said: string): void {
  const all = some.length;
  const word = shown === all ? "back" : away === all ? "gone" : shown + away === 0 ? "not told" : "some";
  person.outcomes.push(`${said}: ${word}`);
  if (shown === all || away === all)
    for (const wish of some) {
      wish.placeTold = true;
      wish.place = shown === all ? "gallery" : "trash";
      wish.mayBeGone = shown !== all;
    }
  else person.tallies.push({ ids: some.map(({ mediaId }) => mediaId), shown, away, said });
}

/** Several go to the trash, and are taken back when their time there is about to end. */
export async function throwAway(person: Person, deed: Trashing, random: Random, means: Means): Promise<void> {
  // What comes first is on its way still.
  while (quiet(person).length === 0 && person.busy > 0 && Date.now() < means.until) await wait(lookMs);
  const some = quiet(person).slice(-deed.many);
  if (some.length === 0) return;
  const ids = some.map(({ mediaId }) => mediaId);
  for (const wish of some) Object.assign(wish, { place: "trash", placeTold: false, mayBeGone: true });
  const answer = await unlessSilent(
    person.client.post("/api/changes", { selection: { ids }, change: { kind: "trash" } }),
  );
  if (answer?.status !== 200) {
    person.outcomes.push("trash: not told");
    return;
  }
  const { id, changed } = changeShape.parse(answer.body);
  if (changed !== ids.length)
    person.wrong.push(`F-18: of ${ids.length} media in the gallery, ${changed} could be thrown away: ${ids}`);
  const again = deed.again ? sendAgain(person, some, random, means.until) : undefined;
  const early = deed.purgeMs;
  const purging = early === undefined ? undefined : wait(Math.max(0, deed.waitMs - early)).then(means.purge);
  const undo = async (): Promise<Found | undefined> => {
    await wait(deed.waitMs);
    return undone(await unlessSilent(person.client.post(`/api/changes/${id}/undo`, {})), ids.length);
  };
  const ways = {
    undo: [undo],
    page: [() => restore(person, ids, deed.waitMs)],
    both: [undo, () => restore(person, ids, deed.waitMs)],
    empty: [() => empty(person, deed.waitMs)],
    emptyAndUndo: [() => empty(person, deed.waitMs), undo],
    leave: [],
  }[deed.how];
  const found = await Promise.all(ways.map((way) => way()));
  // What one of two took back, the other finds where it is, or does not: only the larger number is certain.
  const restorers = ways.length - (deed.how.startsWith("empty") ? 1 : 0);
  const shown = Math.max(0, ...found.map((one) => one?.shown ?? 0));
  const sure = restorers < 1 || (restorers === 1 && found.at(-1) !== undefined);
  settle(person, some, { shown, away: sure ? ids.length - shown : 0 }, deed.how);
  await Promise.all([again, purging]);
}

const undone = (answer: Answer | undefined, all: number): Found | undefined => {
  if (answer?.status !== 200) return undefined;
  const { restored } = undoShape.parse(answer.body);
  return { shown: restored, away: all - restored };
};

/** By the page of the trash, which was opened when they were still on it. */
async function restore(person: Person, ids: string[], waitMs: number): Promise<Found | undefined> {
  let asked = false;
  const answered = await unlessSilent(
    person.client.fillForm("/trash", 'name="ids"', async (fields) => {
      const sent = fields.filter(([name, value]) => name !== "ids" || ids.includes(value));
      await wait(waitMs);
      asked = sent.some(([name]) => name === "ids");
      return asked ? sent : undefined;
    }),
  );
  if (!asked) return { shown: 0, away: ids.length };
  if (answered?.status !== 200) return undefined;
  const shown = countIn(answered.page, /The picture is back\./, /(\d+) pictures are back\./);
  const left = /in the trash, because you have|removed for good already/.test(answered.page);
  return shown === 0 && !left ? undefined : { shown, away: ids.length - shown };
}

async function empty(person: Person, waitMs: number): Promise<Found | undefined> {
  await unlessSilent(
    person.client.fillForm("/trash", 'name="before"', async (fields) => {
      await wait(waitMs);
      return fields;
    }),
  );
  // The moment up to which it is emptied is the web process's, whose clock may be wrong: it says nothing of these.
  return undefined;
}

/** The same picture once more, while it is in the trash or on its way out of it. */
async function sendAgain(person: Person, some: Wish[], random: Random, until: number): Promise<void> {
  const hashes = new Set(some.flatMap((wish) => [...wish.sha256]));
  const story = person.stories.findLast(
    (one) => hashes.has(one.sha256) && one.flaw === "none" && /\.(jpeg|png|webp|gif)$/.test(one.filename),
  );
  if (story === undefined) return;
  const flaw: Flaw = "none";
  const mime = `image/${story.filename.split(".").at(-1)}`;
  const picture: Picture = { bytes: story.bytes, mime, flaw };
  await person.upload(picture, random.fork(), until);
}

/** What guests sent is taken, or thrown away: some of it, or all. */
export async function decide(
  person: Person,
  shareId: string,
  act: "approve" | "reject",
  random: Random,
  waitMs: number,
): Promise<void> {
  const ids: string[] = [];
  const choose = async (fields: Field[]): Promise<Field[] | undefined> => {
    const sent = fields.filter(([name]) => name !== "media" || random.chance(0.7));
    ids.push(...sent.flatMap(([name, value]) => (name === "media" ? [value] : [])));
    await wait(waitMs);
    if (ids.length === 0) return undefined;
    for (const id of ids) (act === "reject" ? person.refused : person.taken).add(id);
    return [...sent, ["act", act]];
  };
  const answered = await unlessSilent(
    person.client.fillForm(`/shares/${shareId}/inbox`, 'name="media"', choose),
  );
  if (answered?.status !== 200 || ids.length === 0) return;
  const found = decided(answered, act);
  person.outcomes.push(`${act}: ${found.shown + found.away === ids.length ? "all" : "some"}`);
  person.tallies.push({ ids, ...found, said: act });
}

function decided({ page }: Filled, act: "approve" | "reject"): Found {
  if (act === "reject")
    return {
      shown: 0,
      away: countIn(page, /\b1 picture is in the trash/, /(\d+) pictures are in the trash/),
    };
  const shown = countIn(page, /\b1 picture was taken/, /(\d+) pictures were taken/);
  const away = countIn(page, /One was in your library/, /(\d+) were in your library/);
  return { shown, away };
}
