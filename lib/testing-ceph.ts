/**
 * A Ceph RADOS Gateway to test against: one for the whole run when the runner offers it, otherwise one of the test's
 * own. Needs Debian's radosgw, ceph-mon, ceph-osd and ceph-common; without them the tests fail and say so.
 */
import { randomBytes } from "node:crypto";
import { access, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BucketSettings } from "#lib/env.ts";
import { until } from "#lib/start/alive.ts";
import { type Gateway, patienceMs, region, startCluster } from "#lib/testing-ceph-cluster.ts";

export type RunningCeph = {
  /** Settings for a bucket of this name, which does not exist yet. */
  bucket(name: string): BucketSettings;
  /** Such as 16.2.15. */
  version: string;
  /** Ends every process and removes the folder, of one's own Ceph. */
  stop(): Promise<void>;
};

/** Set by the runner: the file in which it tells where its own Ceph is. */
const noteVariable = "TINTYPE_TEST_CEPH";
type Note = Gateway | { failure: string };

/**
 * Starts one for the whole run of the tests while they begin already; those that need it wait for the note. To be
 * called before any test process is started, and stopped after the last.
 */
export async function offerCeph(): Promise<{ stop(): Promise<void> }> {
  const note = path.join(tmpdir(), `tintype-ceph-${process.pid}-${randomBytes(4).toString("hex")}.json`);
  process.env[noteVariable] = note;
  const tell = async (told: Note): Promise<void> => {
    await writeFile(`${note}.new`, JSON.stringify(told), { mode: 0o600 });
    await rename(`${note}.new`, note);
  };
  const started = startCluster(note).then(
    async ({ version, endpoint, keys, stop }) => {
      await tell({ version, endpoint, keys });
      return { stop };
    },
    async (error: unknown) => {
      await tell({ failure: error instanceof Error ? error.message : String(error) });
      return undefined;
    },
  );
  return {
    async stop() {
      await (await started)?.stop();
      await rm(note, { force: true });
    },
  };
}

/** Where the runner's Ceph is; its failure is the failure of every test that needs it. */
async function offered(note: string): Promise<RunningCeph> {
  const isThere = (): Promise<boolean> =>
    access(note).then(
      () => true,
      () => false,
    );
  if (!(await until(isThere, 4 * patienceMs)))
    throw new Error("Ceph did not start: the runner told nothing.");
  const told: Note = JSON.parse(await readFile(note, "utf8"));
  if ("failure" in told) throw new Error(told.failure);
  return runningAt(told, async () => {});
}

const runningAt = ({ version, endpoint, keys }: Gateway, stop: () => Promise<void>): RunningCeph => ({
  version,
  stop,
  bucket: (name) => ({
    bucket: name,
    region,
    endpoint,
    publicEndpoint: endpoint,
    credentials: keys,
    forcePathStyle: true,
    location: "",
  }),
});

/**
 * The runner's, or one of this process's own: that is gone, folder and all, after stop() and when this process ends,
 * however it ends. Buckets want names of their own: other tests may use the same Ceph.
 */
export async function startCeph(): Promise<RunningCeph> {
  const note = process.env[noteVariable] ?? "";
  if (note !== "") return offered(note);
  const cluster = await startCluster();
  return runningAt(cluster, cluster.stop);
}
