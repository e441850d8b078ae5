import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { Viewer } from "#lib/media.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { paceSearch, waitToSearch } from "./pace.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

const viewer: Viewer = { id: "x", name: "", email: "", role: "member" };

it("lets a visitor search 120 times a minute, and whoever is signed in as often as they like", async () => {
  const headers = new Headers();
  for (let n = 0; n < 120; n++)
    assert.equal(await waitToSearch({ headers, viewer: undefined }, database.db), undefined);
  const wait = await waitToSearch({ headers, viewer: undefined }, database.db);
  assert.ok(wait !== undefined && wait > 0 && wait <= 60);
  await assert.rejects(paceSearch("pages", { headers, viewer: undefined }, database.db), {
    code: "rate_limited",
  });
  await paceSearch("suggestions", { headers, viewer: undefined }, database.db);
  await paceSearch("pages", { headers, viewer }, database.db);
});
