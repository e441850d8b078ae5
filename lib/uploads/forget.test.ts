import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { forgetUploads } from "./forget.ts";
import { person } from "./testing.ts";

let database: TestDatabase;

before(async () => {
  database = await testDatabase();
});
after(() => database?.close());

it("forgets uploads of months ago that became nothing, and what is open, shown, young or the command line's never", async () => {
  const { db, sql } = database;
  const owner = await person(db);
  const states = ["issued", "verifying", "ready", "rejected", "expired", "cancelled"];
  await sql`
    insert into uploads (owner_id, state, client_token, staging_key, filename, declared_mime, bytes, sha256, policy_expires_at,
      reject_code, created_at, by_operator, in_place)
    select ${owner.id}, state::upload_state, gen_random_uuid(), 'incoming/' || gen_random_uuid(),
      concat_ws(' ', state, days, case when operator then 'brought' end, case when place then 'in place' end), '', 1,
      sha256('x'), now(), case when state = 'rejected' then 'corrupt'::reject_code end, now() - make_interval(days => days),
      operator, place
    from unnest(${states}::text[]) state, unnest(array[0, 89, 91]) days, unnest(array[false, true]) operator,
      unnest(array[false, true]) place`;
  await sql`insert into invites (token_hash, role, expires_at)
    select sha256(n::text::bytea), 'member', now() - make_interval(days => n) from unnest(array[-7, 89, 91]) n`;
  const all = await sql<{ filename: string }[]>`select filename from uploads`;
  const gone = ["cancelled 91", "expired 91", "rejected 91"];
  // One a statement: they come to an end all the same.
  assert.equal(await forgetUploads(db, 1), gone.length);
  const left = await sql<{ filename: string }[]>`select filename from uploads`;
  const names = new Set(left.map(({ filename }) => filename));
  assert.deepEqual(
    all
      .filter(({ filename }) => !names.has(filename))
      .map(({ filename }) => filename)
      .sort(),
    gone,
  );
  const [invites] = await sql`select count(*)::int as n from invites`;
  assert.equal(invites?.n, 2);
  assert.equal(await forgetUploads(db), 0);
});
