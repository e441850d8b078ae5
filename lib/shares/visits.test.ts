import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { forgetCrowdedVisits } from "#db/queries/shares.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { createShare } from "./manage.ts";
import { person, pictures } from "./testing.ts";
import { forgetVisits } from "./visits.ts";

let box: TestDatabase;
before(async () => {
  box = await testDatabase();
  process.env.DATABASE_URL = box.url;
  process.env.AUTH_SECRET = "a secret of the tests, 32 or more characters";
  process.env.LOG_LEVEL = "silent";
});
after(() => box.close());

/** A share that was visited so many times, a day apart, the last time now. */
async function visited(times: number): Promise<string> {
  const owner = await person(box.db);
  const ids = await pictures(box.db, owner, 1);
  const { id } = await createShare(box.db, {
    viewer: owner,
    of: { selection: { ids } },
    settings: { label: "Mia" },
  });
  await box.sql`insert into share_visits (share_id, at, network, browser)
    select ${id}, now() - n * interval '1 day', '198.51.100.0/24', 'Firefox' from generate_series(0, ${times - 1}) n`;
  await box.sql`update shares set visits = ${times}, last_visit_at = now() where id = ${id}`;
  return id;
}

const daysOf = async (id: string): Promise<number[]> => {
  const rows =
    await box.sql`select round(extract(epoch from now() - at) / 86400)::int as days from share_visits
    where share_id = ${id} order by at desc`;
  return rows.map(({ days }) => Number(days));
};

test("visits are forgotten after 90 days, and how often somebody came stays known", async () => {
  const id = await visited(100);
  assert.equal(await forgetVisits(box.db), 10);
  assert.deepEqual([(await daysOf(id)).length, (await daysOf(id)).at(-1)], [90, 89]);
  const [row] = await box.sql`select visits from shares where id = ${id}`;
  assert.equal(row?.visits, 100);
  assert.equal(await forgetVisits(box.db), 0);
});

test("a link that is opened without end keeps its newest visits, and no other link loses one", async () => {
  const [crowded, quiet] = [await visited(30), await visited(8)];
  assert.equal(await forgetCrowdedVisits(box.db, { kept: 8, hours: 48 }), 22 + 90 - 8);
  assert.deepEqual(await daysOf(crowded), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal((await daysOf(quiet)).length, 8);
});
