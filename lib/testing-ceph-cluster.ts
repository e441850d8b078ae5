/** A Ceph cluster for tests: a monitor, one OSD and the gateway on loopback, in a folder that is thrown away. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { until } from "#lib/start/alive.ts";
import { freePort } from "#lib/start/postgres.ts";

const execute = promisify(execFile);
export const region = "ap-northeast-2";
/** It takes 3 to 6 seconds; a machine that is busy otherwise may need more. */
export const patienceMs = 120_000;
const programs = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool"];

/** Where a gateway is, and who may do everything there. */
export type Gateway = {
  /** Such as 16.2.15. */
  version: string;
  endpoint: string;
  keys: { accessKeyId: string; secretAccessKey: string };
};
export type Cluster = Gateway & { stop(): Promise<void> };

type Ceph = { folder: string; ports: { mon: number; oldMon: number; gateway: number }; fsid: string };

const configuration = ({ folder, ports, fsid }: Ceph): string => `
[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${ports.mon},v1:127.0.0.1:${ports.oldMon}]
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
ms_bind_ipv6 = false
run_dir = ${folder}/run
# The path of a socket has to be short, and that of a temporary folder may be long.
admin_socket =
pid_file =
log_file = ${folder}/log/$name.log
log_to_stderr = false
err_to_stderr = false
crash_dir = ${folder}/crash
# One copy on one OSD of whatever disk there is, nearly full or not.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
mon_data_avail_warn = 2
mon_osd_full_ratio = .99
mon_osd_nearfull_ratio = .98
mon_osd_backfillfull_ratio = .985
osd_failsafe_full_ratio = .995

[mon]
mon_data = ${folder}/mon
mon_cluster_log_file = ${folder}/log/cluster.log
# Every pool the gateway makes is a vote; it makes a dozen before it answers.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01

[osd]
osd_data = ${folder}/osd
osd_objectstore = bluestore
osd_fast_shutdown = true
# A file with holes: only what is written takes room.
bluestore_block_size = ${10 * 1024 ** 3}
bluestore_block_wal_create = false
bluestore_block_db_create = false
bluestore_fsck_on_mount = false
bluestore_cache_autotune = false
bluestore_cache_size = ${128 * 1024 ** 2}
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 1

[client]
rgw_frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw_dns_name = 127.0.0.1
rgw_thread_pool_size = 32
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_run_sync_thread = false
# Without keys there is no secure mode, and the gateway would ask for it for ever.
ms_mon_client_mode = crc
rgw_data = ${folder}/rgw
`;

/**
 * Ends the cluster when its input does, which is also when this process is killed: whatever runs with the folder in its
 * arguments is Ceph's, as no other program can know that name.
 */
function spawnWatch(folder: string, note: string): ChildProcess {
  const program = `
    trap '' INT TERM HUP
    read -r _
    for round in 1 2 3 4 5 6 7 8 9 10; do
      found=
      for process in /proc/[0-9]*; do
        pid=\${process#/proc/}
        [ "$pid" = $$ ] && continue
        case "$(tr '\\0' ' ' 2>/dev/null < "$process/cmdline")" in
          *"$1/"*) kill -9 "$pid" 2>/dev/null; found=1 ;;
        esac
      done
      [ -z "$found" ] && break
      sleep 0.1
    done
    rm -rf "$1"
    [ -z "$2" ] || rm -f "$2"`;
  return spawn("/bin/sh", ["-c", program, "sh", folder, note], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

/** Nothing of a person's own Ceph may reach this one. */
const environment = (): NodeJS.ProcessEnv => ({
  NODE_ENV: "test",
  PATH: `${process.env.PATH}:/usr/bin:/usr/sbin`,
  LANG: "C.UTF-8",
});

class Parts {
  readonly #ceph: Ceph;
  readonly #conf: string;
  /** Rejects when a part of the cluster ends by itself: whoever waits for it would wait in vain. */
  readonly #ended: Promise<never>;
  #tellEnd: (reason: Error) => void = () => {};

  constructor(ceph: Ceph) {
    this.#ceph = ceph;
    this.#conf = path.join(ceph.folder, "ceph.conf");
    this.#ended = new Promise((_, reject) => {
      this.#tellEnd = reject;
    });
    // It may also end when nobody waits any more.
    this.#ended.catch(() => undefined);
  }

  async #run(program: string, ...args: string[]): Promise<string> {
    const all = [...(program === "monmaptool" ? [] : ["-c", this.#conf]), ...args];
    const work = execute(program, all, {
      env: environment(),
      cwd: this.#ceph.folder,
      timeout: patienceMs,
    });
    return (await Promise.race([work, this.#ended])).stdout;
  }

  #launch(name: string, program: string, ...args: string[]): void {
    const log = openSync(path.join(this.#ceph.folder, "log", `${name}.out`), "a");
    const child = spawn(program, ["-c", this.#conf, ...args, "-f"], {
      env: environment(),
      cwd: this.#ceph.folder,
      // Its own session: Ctrl-C in the terminal reaches the watch through us, and not one daemon before the other.
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.once("exit", (code, signal) =>
      this.#tellEnd(new Error(`${program} ended with ${signal ?? code}.`)),
    );
    child.unref();
  }

  async #wait(what: string, done: () => Promise<boolean>): Promise<void> {
    if (!(await Promise.race([until(done, patienceMs), this.#ended])))
      throw new Error(`${what} took longer than ${patienceMs / 1000} s.`);
  }

  async startMonitor(): Promise<void> {
    const { folder, fsid, ports } = this.#ceph;
    for (const name of ["run", "log", "mon", "osd", "rgw", "crash"]) await mkdir(path.join(folder, name));
    await writeFile(this.#conf, configuration(this.#ceph));
    const map = path.join(folder, "monmap");
    const address = `[v2:127.0.0.1:${ports.mon},v1:127.0.0.1:${ports.oldMon}]`;
    await this.#run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, map);
    await this.#run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map);
    this.#launch("mon", "ceph-mon", "-i", "a");
  }

  async startOsd(): Promise<void> {
    const uuid = randomUUID();
    // The first answer of the monitor: until then the command itself waits.
    await this.#run("ceph", "--connect-timeout", String(patienceMs / 1000), "osd", "new", uuid);
    await this.#run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid);
    this.#launch("osd", "ceph-osd", "-i", "0");
    await this.#wait("Starting the OSD", async () =>
      (await this.#run("ceph", "osd", "stat")).includes("1 up"),
    );
  }

  async startGateway(keys: { accessKeyId: string; secretAccessKey: string }): Promise<void> {
    const { folder, ports } = this.#ceph;
    const user = ["--uid=tintype", "--display-name=tintype", `--access-key=${keys.accessKeyId}`];
    await this.#run("radosgw-admin", "user", "create", ...user, `--secret-key=${keys.secretAccessKey}`);
    // The name of the zone group is what a LocationConstraint has to say.
    const group: unknown = JSON.parse(await this.#run("radosgw-admin", "zonegroup", "get"));
    const file = path.join(folder, "zonegroup.json");
    await writeFile(file, JSON.stringify({ ...(typeof group === "object" ? group : {}), api_name: region }));
    await this.#run("radosgw-admin", "zonegroup", "set", `--infile=${file}`);
    this.#launch("gateway", "radosgw", "-n", "client.rgw");
    await this.#wait("Starting the gateway", () =>
      fetch(`http://127.0.0.1:${ports.gateway}/`).then(
        (answer) => answer.arrayBuffer().then(() => true),
        () => false,
      ),
    );
  }

  /** The last words of every part, for whoever has to find out why it did not start. */
  async lastWords(): Promise<string> {
    const logs = path.join(this.#ceph.folder, "log");
    const words: string[] = [];
    for (const name of await readdir(logs).catch(() => [])) {
      const text = await readFile(path.join(logs, name), "utf8").catch(() => "");
      if (text.trim() !== "") words.push(`${name}:\n${text.trim().split("\n").slice(-5).join("\n")}`);
    }
    return words.join("\n");
  }
}

async function checkPrograms(): Promise<void> {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/bin", "/usr/sbin"];
  const missing: string[] = [];
  for (const program of programs) {
    const found = await Promise.all(
      folders.map((folder) =>
        access(path.join(folder, program)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (!found.includes(true)) missing.push(program);
  }
  if (missing.length > 0)
    throw new Error(
      `Ceph cannot be started for the tests: ${missing.join(", ")} not found. On Debian: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common. \`npm test\` as root does that.`,
    );
}

/** A port that was free a moment ago may be someone else's by now; 98 is how the gateway says so. */
const portTaken = /radosgw ended with 98|address already in use|unable to bind/i;

/**
 * Starts a cluster of one's own. It is gone, folder, note and all, after stop() and when this process ends, however it
 * ends. Throws an Error that says why it could not start.
 */
export async function startCluster(note = ""): Promise<Cluster> {
  await checkPrograms();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(note);
    } catch (error) {
      if (tries === 3 || !(error instanceof Error && portTaken.test(error.message))) throw error;
    }
  }
}

async function attempt(note: string): Promise<Cluster> {
  const folder = path.join(tmpdir(), `tintype-ceph-${process.pid}-${randomBytes(4).toString("hex")}`);
  const ports = { mon: await freePort(), oldMon: await freePort(), gateway: await freePort() };
  const keys = {
    accessKeyId: `CEPH${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  await mkdir(folder, { mode: 0o700 });
  const watch = spawnWatch(folder, note);
  const gone = new Promise<void>((resolve) => watch.once("exit", () => resolve()));
  const stop = (): Promise<void> => {
    watch.stdin?.end();
    return gone;
  };
  const parts = new Parts({ folder, ports, fsid: randomUUID() });
  try {
    await parts.startMonitor();
    await parts.startOsd();
    await parts.startGateway(keys);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const words = await parts.lastWords();
    await stop();
    throw new Error(`Ceph did not start: ${why}\n${words}`, { cause: error });
  }
  const { stdout } = await execute("radosgw", ["--version"], { env: environment() });
  const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? "unknown";
  return { version, endpoint: `http://127.0.0.1:${ports.gateway}`, keys, stop };
}
