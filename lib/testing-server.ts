/** For `node --test --test-global-setup`: one throw-away Postgres for the whole run, told to every test process. */
import { throwawayPostgres } from "#lib/testing.ts";

let server: Awaited<ReturnType<typeof throwawayPostgres>> | undefined;

export async function globalSetup(): Promise<void> {
  if ((process.env.TINTYPE_TEST_DATABASE_URL ?? "") !== "") return;
  server = await throwawayPostgres();
  process.env.TINTYPE_TEST_DATABASE_URL = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
}
