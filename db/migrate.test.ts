import { test } from "node:test";
import { migrate } from "#db/migrate.ts";
import { emptyDatabase } from "#lib/testing.ts";

test("two processes that migrate at the same moment both succeed", async () => {
  const database = await emptyDatabase();
  await Promise.all([migrate(database.url), migrate(database.url)]);
  await migrate(database.url);
  await database.close();
});
