/** The short form of `npm run test:hostile`: what costs little of the corpus, and some damage by chance (docs/hostile.md). */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { eq, sql } from "drizzle-orm";
import { quotas, uploads } from "#db/schema.ts";
import type { Case } from "../../hostile/case.ts";
import { corpus } from "../../hostile/corpus.ts";
import { fuzzed } from "../../hostile/fuzz.ts";
import { descendants } from "../../hostile/memory.ts";
import { openPlace, type Place } from "../../hostile/place.ts";
import { keep, sendAll, watchMemory } from "../../hostile/run.ts";
import { scans } from "../../hostile/shapes.ts";
import { corners } from "../imaging/fixtures.ts";
import { enqueueUploads } from "../jobs.ts";
import { tryAgain } from "../uploads/again.ts";
import { person, until } from "../uploads/testing.ts";
import { w } from "../words/rejects.ts";

let place: Place;
let memory: ReturnType<typeof watchMemory>;
before(async () => {
  place = await openPlace();
  memory = watchMemory(() => place.worker.pid());
});
after(async () => {
  memory?.stop();
  await place?.close();
});

/** What takes long to make, or is read by a process that is started for it, is left to the long form. */
const isQuick = ({ long, declared, name }: Case): boolean =>
  long !== true && /^image\/(?!heic)/.test(declared) && !/million|thousand|20,000|16,000|\d M/.test(name);

async function assertRight(cases: readonly Case[]): Promise<void> {
  const folder = path.join(tmpdir(), "tintype-hostile-kept");
  const wrong: string[] = [];
  for (const outcome of await sendAll(place, cases, memory))
    if (outcome.wrong.length > 0)
      wrong.push(
        `${outcome.case.name} (kept as ${await keep(folder, outcome)}): ${outcome.wrong.join("; ")}`,
      );
  assert.deepEqual(wrong, []);
}

describe("a worker that is sent what was made to harm it", () => {
  for (const [group, every] of [
    ["good", 1],
    ["bombs", 2],
    ["truncated", 11],
    ["disguised", 2],
    ["sizes", 1],
    ["metadata", 4],
    ["shapes", 4],
    ["containers", 3],
  ] as const)
    it(`is right about each of the ${group} and stays (A-24 … A-33)`, async () => {
      const cases =
        (await corpus())[group]?.filter((one) => isQuick(one) || /^a good (heic|mp4)$/.test(one.name)) ?? [];
      await assertRight(cases.filter((_, n) => n % every === 0));
    });

  it("comes to an end with damage of 30 seeds, shows nothing broken, and takes the next good picture", async () => {
    const damaged = await Promise.all(Array.from({ length: 45 }, (_, n) => fuzzed(n + 1)));
    await assertRight(damaged.filter(isQuick).slice(0, 30));
    const good = (await corpus()).good?.[0];
    assert.ok(good);
    await assertRight([good]);
  });
});

/** Some seconds of work, in which nothing can be interrupted but the process. */
const slow = (side: number) => scans(99, side);
const rowOf = async (id: string) => {
  const [row] = await place.db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const decoders = (): number[] => descendants(place.worker.pid() ?? 0);
const processorSeconds = (pid: number): number => {
  const text = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "latin1") : "";
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100 || 0;
};
/** The decoder that has this very picture: nothing else is under way that takes so long. */
async function busyWith(id: string): Promise<number> {
  const before = new Map(decoders().map((pid) => [pid, processorSeconds(pid)]));
  let found: number | undefined;
  await until(async () => {
    found = decoders().find((pid) => processorSeconds(pid) > (before.get(pid) ?? 0.5) + 0.4);
    return found !== undefined && (await rowOf(id)).leaseToken !== null;
  });
  return found ?? 0;
}
const takeAgain = async (id: string): Promise<void> => {
  await place.db
    .update(uploads)
    .set({ leaseUntil: sql`now() - interval '1 second'` })
    .where(eq(uploads.id, id));
  await enqueueUploads(place.db, [await rowOf(id)]);
};
const readySmall = async (): Promise<string> => place.send(await corners().jpeg().toBuffer(), "image/jpeg");

describe("a picture that ends whoever reads it (F-11)", () => {
  it("three times is refused with a sentence of its own, the worker and the pictures beside it never notice, and an administrator can have it tried again", async () => {
    const worker = place.worker.pid();
    const bytes = slow(8_000);
    const id = await place.send(bytes, "image/jpeg");
    // The first time it is killed as a machine short of memory would, with others at work: that is not counted.
    for (let n = 0; n <= 3; n++) {
      const pid = await busyWith(id);
      const beside = await readySmall();
      process.kill(pid, n === 0 ? "SIGKILL" : "SIGSEGV");
      assert.equal((await place.settled([beside], 60_000))[0]?.state, "ready");
      await until(async () => (await rowOf(id)).leaseToken === null);
      assert.deepEqual([(await rowOf(id)).state, (await rowOf(id)).attempts], ["verifying", n]);
      await takeAgain(id);
    }
    const [refused] = await place.settled([id], 60_000);
    assert.deepEqual([refused?.state, refused?.rejectCode], ["rejected", "internal"]);
    assert.match(w("internal"), /three times.*administrator/);
    assert.equal(place.worker.pid(), worker);

    const admin = await person(place.db, "admin");
    const owner = { ...admin, id: refused?.ownerId ?? "", role: "member" as const };
    await assert.rejects(tryAgain(place.db, place.storage, { viewer: owner, id }), /forbidden/);
    await tryAgain(place.db, place.storage, { viewer: admin, id });
    await assert.rejects(tryAgain(place.db, place.storage, { viewer: admin, id }), /not_found/);
    assert.equal((await place.settled([id], 120_000))[0]?.state, "ready");
    const [space] = await place.db.select().from(quotas).where(eq(quotas.ownerId, owner.id));
    assert.deepEqual([space?.usedBytes, space?.reservedBytes], [bytes.length, 0]);
    await place.complaints();
  });

  it("and with it the worker itself is tried again by the next worker, whose decoders are not the dead one's", async () => {
    const id = await place.send(slow(8_000), "image/jpeg");
    await busyWith(id);
    const [worker = 0, old] = [place.worker.pid(), decoders()];
    process.kill(worker, "SIGKILL");
    await until(() => place.worker.pid() !== worker && old.every((pid) => !existsSync(`/proc/${pid}`)));
    assert.equal((await rowOf(id)).attempts, 1);
    await takeAgain(id);
    const rows = await place.settled([id, await readySmall()], 120_000);
    assert.deepEqual(
      rows.map(({ state }) => state),
      ["ready", "ready"],
    );
    await place.complaints();
  });
});
