/** For `node --test --test-global-setup`: one throw-away Postgres and one Ceph for the whole run, told to every test process. */
import { throwawayPostgres } from "#lib/testing.ts";
import { offerCeph } from "#lib/testing-ceph.ts";

let server: Awaited<ReturnType<typeof throwawayPostgres>> | undefined;
let ceph: Awaited<ReturnType<typeof offerCeph>> | undefined;

export async function globalSetup(): Promise<void> {
  if ((process.env.TINTYPE_TEST_CEPH ?? "") === "") ceph = await offerCeph();
  if ((process.env.TINTYPE_TEST_DATABASE_URL ?? "") !== "") return;
  server = await throwawayPostgres();
  process.env.TINTYPE_TEST_DATABASE_URL = server.url;
}

export async function globalTeardown(): Promise<void> {
  await Promise.all([server?.stop(), ceph?.stop()]);
}
