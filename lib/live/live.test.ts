import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import * as schema from "#db/schema.ts";
import { changeMedia, undo } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import { database } from "../database.ts";
import type { Viewer, Visibility } from "../media.ts";
import { renditionFolder } from "../storage/keys.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { endLive, liveStreams, openLive, type Places } from "./live.ts";

let box: TestDatabase;
let one: Viewer;
let other: Viewer;

async function person(): Promise<Viewer> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const [row] = await box.db
    .insert(schema.users)
    .values({ name: "Someone", email, role: "member" })
    .returning({ id: schema.users.id });
  assert.ok(row);
  return { id: row.id, name: "Someone", email, role: "member" };
}

before(async () => {
  box = await testDatabase();
  // The settings are parsed at the first call of a door, which is after this.
  process.env.DATABASE_URL = box.url;
  process.env.LOG_LEVEL = "silent";
  [one, other] = [await person(), await person()];
});
after(async () => {
  endLive();
  await database().sql.end();
  await box.close();
});

const add = (owner: Viewer, visibility: Visibility, day: string) =>
  box.db.insert(schema.media).values({
    ownerId: owner.id,
    visibility,
    takenAt: new Date(day),
    key: `media/${randomUUID()}.jpg`,
    renditionFolder: renditionFolder(),
    avifWidths: [320],
    jpegWidths: [640],
    sha256: randomBytes(32).toString("hex"),
    bytes: 1000,
    mime: "image/jpeg",
    width: 640,
    height: 480,
    thumbhash: Buffer.from("00", "hex"),
    color: 0,
    filename: "a.jpg",
    takenSource: "camera",
  });

type Told = { id: number; event: string; data: unknown };

/** A tab: what it was told so far, and a wait for more. */
async function tab(
  viewer: Viewer | undefined,
  from: { after?: number; since?: number; network?: string; places?: Places } = {},
) {
  const left = new AbortController();
  const ask = {
    viewer,
    network: from.network ?? "192.0.2.1",
    after: from.after,
    since: from.since,
    still: async () => viewer,
    signal: left.signal,
  };
  const stream = await openLive(box.db, ask, from.places);
  const told: Told[] = [];
  let ended = false;
  const reading = (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const whole = text.split("\n\n");
      text = whole.pop() ?? "";
      for (const message of whole) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(message)?.[1];
        const [event, data] = [field("event"), field("data")];
        if (event !== undefined && data !== undefined)
          told.push({ id: Number(field("id")), event, data: JSON.parse(data) });
      }
    }
    ended = true;
  })();
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    told,
    until,
    media: () => told.filter(({ event }) => event === "media").map(({ data }) => data),
    leave: async () => {
      left.abort();
      await reading;
    },
    ended: () => ended,
    reading,
  };
}

describe("the stream of a tab", () => {
  it("tells its viewer of public and own pictures, and nobody of another's private ones", async () => {
    const [nobody, mine, theirs] = [await tab(undefined), await tab(one), await tab(other)];
    await add(one, "private", "2019-07-04");
    await mine.until(() => mine.media().length === 1);
    assert.deepEqual(mine.media(), [[24234]]);
    await add(other, "unlisted", "2018-01-31");
    await add(one, "public", "2017-12-01");
    await nobody.until(() => nobody.media().length === 1);
    assert.deepEqual(nobody.media(), [[24215]]);
    await theirs.until(() => theirs.media().flat().length === 2);
    assert.deepEqual(theirs.media().flat(), [24216, 24215]);
    for (const left of [nobody, mine, theirs]) await left.leave();
    assert.equal(liveStreams(), 0);
  });

  it("tells whoever marked or collected a picture that something was done, and of no month", async () => {
    const [mine, theirs] = [await tab(one), await tab(other)];
    const [media] = await add(one, "public", "2011-02-03").returning({ id: schema.media.id });
    await mine.until(() => mine.media().flat().includes(24_133));
    const selection = selectionShape.parse({ ids: [media?.id] });
    const { id: changeId = "" } = await changeMedia(box.db, {
      viewer: one,
      selection,
      change: { kind: "favourite", on: true },
    });
    const besides = () =>
      mine.media().filter((months) => Array.isArray(months) && months.length === 0).length;
    await mine.until(() => besides() === 1);
    await undo(box.db, { viewer: one, changeId });
    await mine.until(() => besides() === 2);
    await theirs.until(() => theirs.media().length > 0);
    assert.deepEqual(theirs.media(), [[24_133]]);
    for (const left of [mine, theirs]) await left.leave();
  });

  it("gathers what happens together into one message", async () => {
    const mine = await tab(one);
    for (let n = 0; n < 20; n++) await add(one, "private", `2016-0${1 + (n % 3)}-01`);
    await mine.until(() => mine.media().flat().length === 3);
    assert.ok(mine.media().length <= 2, `${mine.media().length} messages`);
    await mine.leave();
  });

  it("tells a tab that comes back what it has missed, from the last message it had", async () => {
    const first = await tab(one);
    await first.until(() => first.told.length === 1);
    await first.leave();
    await add(other, "private", "2015-05-05");
    await add(other, "public", "2015-06-05");
    const again = await tab(one, { after: first.told.at(-1)?.id ?? 0 });
    await again.until(() => again.media().length === 1);
    assert.ok(again.media().flat().includes(24185), "the public one");
    assert.ok(!again.media().flat().includes(24184), "the private one of somebody else");
    await again.leave();
  });

  it("tells a page what changed since it was made, and nothing when nothing did", async () => {
    const [row] = await box.sql<{ at: number }[]>`
      select (extract(epoch from max(changed_at)) * 1000)::float8 as at from media_months`;
    const calm = await tab(one, { since: row?.at ?? 0 });
    await calm.until(() => calm.told.length === 1);
    assert.deepEqual(
      calm.told.map(({ event }) => event),
      ["ready"],
    );
    await calm.leave();
    await add(one, "private", "2014-02-02");
    const late = await tab(one, { since: row?.at ?? 0 });
    await late.until(() => late.media().length === 1);
    assert.deepEqual(late.media(), [[24169]]);
    await late.leave();
  });

  it("is refused to who has their share of the places, and to nobody else because of them", async () => {
    const places = { all: 7, visitors: 4, person: 2, network: 3 };
    const refused = { code: "rate_limited", retryAfter: 60 };
    // All at once: what is decided before the database is asked nobody overtakes.
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => tab(one, { places })));
    const mine = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.equal(mine.length, 2);
    await assert.rejects(tab(one, { places, network: "192.0.2.2" }), refused, "from anywhere");
    const theirs = await tab(other, { places });

    const visitors = [];
    for (let n = 0; n < 3; n++) visitors.push(await tab(undefined, { places }));
    await assert.rejects(tab(undefined, { places }), refused, "a network of visitors");
    visitors.push(await tab(undefined, { places, network: "192.0.2.2" }));
    const full = { code: "busy", retryAfter: 60 };
    await assert.rejects(tab(undefined, { places, network: "192.0.2.3" }), full, "the last places");
    assert.equal(liveStreams(), places.all);
    await assert.rejects(tab(other, { places }), full);

    await mine[0]?.leave();
    mine[0] = await tab(one, { places });
    for (const left of [...mine, theirs, ...visitors]) await left.leave();
    assert.equal(liveStreams(), 0);
  });

  it("takes one connection of the database for any number of tabs, and ends all of them with the process", async () => {
    const tabs = await Promise.all(Array.from({ length: 40 }, (_, n) => tab(n % 2 === 0 ? one : other)));
    assert.equal(liveStreams(), 40);
    const [row] = await box.sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and query ilike 'listen%'`;
    assert.equal(row?.count, 1);
    endLive();
    for (const one of tabs) await one.reading;
    assert.equal(liveStreams(), 0);
  });
});
