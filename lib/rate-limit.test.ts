import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, type Db } from "#db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { TintypeError } from "./errors.ts";
import { giveBack, take } from "./rate-limit.ts";

let box: TestDatabase;
let other: ReturnType<typeof connect>;
before(async () => {
  box = await testDatabase();
  other = connect(box.url, { max: 5 });
});
after(async () => {
  await other.sql.end();
  await box.close();
});

const isLimited = (error: unknown): boolean =>
  error instanceof TintypeError &&
  error.code === "rate_limited" &&
  (error.retryAfter ?? 0) >= 1 &&
  (error.retryAfter ?? 0) <= 60;

const attempt = (db: Db, key: string, points: number): Promise<boolean> =>
  take(key, { points, seconds: 60 }, db).then(
    () => true,
    (error: unknown) => {
      assert.ok(isLimited(error));
      return false;
    },
  );

test("of many attempts at once through two pools, exactly as many pass as the limit allows", async () => {
  const tried = await Promise.all(
    Array.from({ length: 40 }, (_, n) => attempt(n % 2 === 0 ? box.db : other.db, "shared", 7)),
  );
  assert.equal(tried.filter(Boolean).length, 7);
});

test("one key's attempts leave another key alone", async () => {
  assert.equal(await attempt(box.db, "one", 1), true);
  assert.equal(await attempt(box.db, "one", 1), false);
  assert.equal(await attempt(box.db, "two", 1), true);
});

test("a window that is over by the clock of the database starts anew", async () => {
  assert.equal(await attempt(box.db, "window", 1), true);
  assert.equal(await attempt(box.db, "window", 1), false);
  await box.sql`update rate_limits set expires_at = now() - interval '1 second' where key = 'window'`;
  assert.equal(await attempt(box.db, "window", 1), true);
  assert.equal(await attempt(box.db, "window", 1), false);
});

test("nobody is told to wait longer than the window, although its end is rounded up", async () => {
  assert.equal(await attempt(box.db, "rounded", 1), true);
  await box.sql`update rate_limits set expires_at = now() + interval '60.4 seconds' where key = 'rounded'`;
  assert.equal(await attempt(box.db, "rounded", 1), false);
});

test("an attempt given back can be made again, and no more than were taken", async () => {
  assert.equal(await attempt(box.db, "back", 1), true);
  await giveBack("back", box.db);
  await giveBack("back", box.db);
  assert.equal(await attempt(box.db, "back", 1), true);
  assert.equal(await attempt(box.db, "back", 1), false);
});

test("going on after the limit neither prolongs the window nor overflows its count", async () => {
  await attempt(box.db, "stubborn", 1);
  const [before] = await box.sql`select expires_at from rate_limits where key = 'stubborn'`;
  for (let n = 0; n < 5; n++) await attempt(box.db, "stubborn", 1);
  const [row] = await box.sql`select points, expires_at from rate_limits where key = 'stubborn'`;
  assert.deepEqual({ ...row }, { points: 2, expires_at: before?.expires_at });
});

test("windows that are over are removed while new keys arrive", async () => {
  await box.sql`
    insert into rate_limits (key, points, expires_at)
    select 'old ' || n, 1, now() - interval '1 hour' from generate_series(1, 50) n`;
  for (let n = 0; n < 5; n++) await attempt(box.db, `new ${n}`, 1);
  const [row] = await box.sql`select count(*)::int as n from rate_limits where expires_at < now()`;
  assert.equal(row?.n, 0);
});
