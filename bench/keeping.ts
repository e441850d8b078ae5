/**
 * What it takes to keep a gallery of a million pictures (--rows): a backup, a restore, a comparison of database and bucket,
 * and a look through the bucket for what the database does not know. The bucket's listing is made up from the rows, four
 * objects each with some missing and some too many, so that the store's own speed is no part of it; what is written into
 * it is real. With --folder the backup goes there, and where one lies already only its restore is measured. Memory is the most that this process held, the built-in store in it included.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { connect } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { backup } from "#lib/backup/backup.ts";
import { inBucket, inFolder } from "#lib/backup/place.ts";
import { rebuild } from "#lib/backup/rebuild.ts";
import { newest, restore } from "#lib/backup/restore.ts";
import { reconcile } from "#lib/reconcile/run.ts";
import type { ObjectHead, Storage } from "#lib/storage/port.ts";
import { testStore, throwawayPostgres } from "#lib/testing.ts";
import { table } from "./processes.ts";
import { seed } from "./seed.ts";

/** One original of so many is missing, and there is one too many for as many. */
const wrongOf = 10_000;
const owner = "00000000-0000-4000-8000-000000000000";

type Step = { name: string; seconds: number; cpu: number; mb: number; told: string };

const objectOf = (key: string, bytes: number): ObjectHead => ({
  key,
  bytes,
  etag: '"x"',
  contentType: undefined,
  modified: new Date("2020-01-01"),
});

/** Keys as a bucket would list them: every original and three renditions of each. */
async function* listed(sql: postgres.Sql, prefix: string, after: string): AsyncGenerator<ObjectHead> {
  const originals = prefix === "media/";
  const rows = originals
    ? sql<
        { name: string }[]
      >`select key as name from media where key collate "C" > ${after} order by key collate "C"`
    : sql<{ name: string }[]>`select rendition_folder as name from media
        where rendition_folder collate "C" > ${after.slice(0, Math.max(0, after.lastIndexOf("/")))}
        order by rendition_folder collate "C"`;
  let n = 0;
  for await (const page of rows.cursor(2_000))
    for (const { name } of page) {
      n += 1;
      if (!originals)
        for (const file of ["320.avif", "640.avif", "640.jpg"]) yield objectOf(`${name}/${file}`, 20_000);
      else if (n % wrongOf === 1) yield objectOf(`${name}!more.jpg`, 3_000_000);
      else yield objectOf(name, 3_000_000);
    }
}

async function measured(name: string, work: () => Promise<string>): Promise<Step> {
  await writeFile("/proc/self/clear_refs", "5");
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const told = await work();
  const used = process.cpuUsage(cpu);
  const status = await readFile("/proc/self/status", "utf8");
  const step = {
    name,
    seconds: (performance.now() - began) / 1000,
    cpu: (used.user + used.system) / 1e6,
    mb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024,
    told,
  };
  console.error(
    `${name}: ${step.seconds.toFixed(1)} s, CPU ${step.cpu.toFixed(1)} s, ${step.mb.toFixed(0)} MB. ${told}`,
  );
  return step;
}

export async function run(args: string[]): Promise<void> {
  const at = args.indexOf("--rows");
  const rows = at < 0 ? 1_000_000 : Number(args[at + 1]);
  const kept = args.indexOf("--folder");
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-bench-keeping-"));
  const server = await throwawayPostgres();
  const store = await testStore();
  const urlOf = (name: string): string => Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  const steps: Step[] = [];
  try {
    const backups = kept < 0 ? inBucket(store.storage) : inFolder(path.resolve(args[kept + 1] ?? ""));
    if ((await newest(backups)) === undefined) {
      await admin`create database full_one`;
      await migrate(urlOf("full_one"));
      const { db, sql } = connect(urlOf("full_one"), { name: "bench", max: 4 });
      const lister = postgres(urlOf("full_one"), { max: 2 });
      const began = performance.now();
      await seed(lister, rows);
      console.error(`seeded ${rows} in ${((performance.now() - began) / 1000).toFixed(0)} s`);
      const storage: Storage = {
        ...store.storage,
        list: (prefix, options) =>
          prefix === "media/" || prefix === "derived/"
            ? listed(lister, prefix, options?.after ?? "")
            : store.storage.list(prefix, options),
        describe: async () => undefined,
      };
      const signal = new AbortController().signal;
      steps.push(
        await measured("tintype backup", async () => {
          const made = await backup(urlOf("full_one"), backups, {});
          return `${made.rows} rows, ${(made.bytes / 1e6).toFixed(0)} MB`;
        }),
        await measured("tintype reconcile", async () => {
          const done = await reconcile(db, storage, {
            bucket: store.bucket,
            folder,
            ageSeconds: 86_400,
            hashPercent: 0,
            fresh: true,
            signal,
            onProgress: () => {},
          });
          return `${done.tally.objects} objects, ${done.tally.rows} rows, ${done.findings} findings`;
        }),
        await measured("restore --from-bucket, all known", async () => {
          let events = 0;
          const onEvent = (): void => {
            events += 1;
          };
          await rebuild(db, storage, { ownerId: owner, wait: false, signal, onEvent, onSilence: () => {} });
          return `${events} known`;
        }),
      );
      await lister.end();
      await sql.end();
    }
    await admin`create database empty_one`;
    steps.push(
      await measured("tintype restore", async () => {
        const restored = await restore(urlOf("empty_one"), backups, (await newest(backups))?.name ?? "");
        return `${restored.media} pictures`;
      }),
    );
  } finally {
    await admin.end();
    await store.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  table(
    steps.map(({ name, seconds, cpu, mb, told }) => ({
      step: name,
      seconds: seconds.toFixed(1),
      "CPU s": cpu.toFixed(1),
      "peak MB": mb.toFixed(0),
      told,
    })),
  );
}
