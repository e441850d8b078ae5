/** Albums and links that come and go: an album with pictures and a link to it, a link for guests; removed in the middle. */
import { setTimeout as wait } from "node:timers/promises";
import type postgres from "postgres";
import { z } from "zod";
import { Client, type Filled } from "./client.ts";
import { decide, type Means, quiet, unlessSilent } from "./deeds.ts";
import { Person } from "./person.ts";
import { picture } from "./pictures.ts";
import type { Random } from "./random.ts";
import type { Deed } from "./schedule.ts";

/** Of an album or a link; `isThere` is undefined while nobody was told. */
export type Made = {
  what: "album" | "link";
  id: string;
  /** Of the link: that of an album leads to it. */
  token: string | undefined;
  isThere: boolean | undefined;
  /** Media that were told to be in it. */
  members: string[];
};

const madeShape = z.object({ id: z.string() });
/** How often a link that still holds pictures is tried to be removed. */
const removalsMax = 4;

/** An album is made, filled and shared; deleted, and at times brought back. */
export async function album(
  person: Person,
  deed: Extract<Deed, { kind: "album" }>,
  means: Means,
): Promise<void> {
  const { client } = person;
  const begun = await unlessSilent(client.post("/api/albums", { title: "For a while" }));
  if (begun?.status !== 201) return;
  const { id } = madeShape.parse(begun.body);
  const made: Made = { what: "album", id, token: undefined, isThere: true, members: [] };
  person.made.push(made);
  made.token = (await means.link(person.account, id))?.token;
  const ids = quiet(person)
    .slice(-deed.many)
    .map(({ mediaId }) => mediaId);
  if (ids.length > 0) {
    const told = await unlessSilent(
      client.post("/api/changes", { selection: { ids }, change: { kind: "album", add: id } }),
    );
    if (told?.status === 200) made.members = ids;
  }
  if (!deed.deletes) return;
  await wait(deed.waitMs);
  let asked = false;
  const gone = await unlessSilent(
    client.fillForm(`/albums/${id}`, "Yes, delete it", (fields) => {
      [asked, made.isThere] = [true, undefined];
      return fields;
    }),
  );
  const changeId = /[?&]deleted=([0-9a-f-]+)/.exec(gone?.location ?? "")?.[1];
  if (!asked || changeId === undefined) return;
  made.isThere = false;
  person.outcomes.push("album deleted");
  if (!deed.bringsBack) return;
  await wait(deed.waitMs);
  made.isThere = undefined;
  const back = await unlessSilent(client.post(`/api/changes/${changeId}/undo`, {}));
  if (back?.status !== 200) return;
  made.isThere = true;
  person.outcomes.push("album back");
}

const remove = (person: Person, made: Made): Promise<Filled | undefined> =>
  unlessSilent(
    person.client.fillForm(`/shares/${made.id}`, 'value="remove"', (fields) => {
      made.isThere = undefined;
      return fields;
    }),
  );

/** Somebody sends through a new link, which is removed when all is decided that waits, or while something is on its way. */
export async function guestLink(
  person: Person,
  deed: Extract<Deed, { kind: "link" }>,
  random: Random,
  means: Means,
): Promise<void> {
  const link = await means.link(person.account);
  if (link === undefined) return;
  const made: Made = { what: "link", ...link, isThere: true, members: [] };
  person.made.push(made);
  const browser = new Client(person.client.origin);
  const entered = await browser.enterAsGuest(link.token, "A guest for a while").then(
    () => true,
    () => false,
  );
  if (!entered) return;
  const guest = new Person(person.account, browser, link.token);
  guest.removable = made;
  means.addGuest(guest);
  const sent = Array.from({ length: deed.many }, async () => {
    const own = random.fork();
    await guest.upload(await picture(own, "none"), own, means.until);
  });
  await wait(deed.waitMs);
  for (let n = 0; n < removalsMax && made.isThere !== false; n++) {
    await decide(person, link.id, random.pick(["approve", "reject"]), random.fork(), 0);
    const answered = await remove(person, made);
    if (answered?.status === 303) [made.isThere] = [false, person.outcomes.push("link removed")];
    else if (answered?.page.includes("still wait for you") === true)
      [made.isThere] = [true, person.outcomes.push("link kept for what waits")];
    await wait(random.int(100, 1_000));
  }
  await Promise.all(sent);
}

/** What was made is there, or is not, as it was told; and who has a link that ended sees nothing by it. */
export async function judgeMade(sql: postgres.ISql, people: Person[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { what, id, isThere, members } of people.flatMap((one) => one.made)) {
    if (isThere === undefined) continue;
    const rows =
      what === "album"
        ? await sql`select id from albums where id = ${id}`
        : await sql`select id from shares where id = ${id}`;
    if (rows.length > 0 !== isThere)
      wrong.push(`R-4: ${what} ${id} was told to be ${isThere ? "there" : "gone"}, and is not`);
    if (!isThere || rows.length === 0) continue;
    for (const one of await sql`
      select m.id from media m where m.id = any(${members}) and m.deleted_at is null
        and not exists (select from album_media a where a.album_id = ${id} and a.media_id = m.id)`)
      wrong.push(`R-4: medium ${one.id} was told to be in album ${id}, and is not`);
  }
  return wrong;
}

/** A stranger with links that were ended. */
export async function judgeLinks(stranger: Client, people: Person[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { what, token, isThere } of people.flatMap((one) => one.made.slice(-2)))
    if (token !== undefined && isThere !== undefined) {
      const route = what === "album" ? `/s/${token}` : `/guest/${token}`;
      const { status } = await stranger.getPatiently(route);
      // 401 is the door of a link for guests.
      if ((status === 200 || status === 401) !== isThere)
        wrong.push(
          `Leak: the link of ${what} that is ${isThere ? "there" : "gone"} is answered with ${status}`,
        );
    }
  return wrong;
}
