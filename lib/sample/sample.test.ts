import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { eq, isNotNull } from "drizzle-orm";
import { albums, media, purges, samples as rows, uploads } from "#db/schema.ts";
import { listMedia } from "../gallery.ts";
import { identify, lockDown, readFacts } from "../imaging/index.ts";
import type { Viewer } from "../media.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { finalize } from "../uploads/finalize.ts";
import { declare, person, picture } from "../uploads/testing.ts";
import { beginUploads, openUploads } from "../uploads.ts";
import { samples } from "./catalogue.ts";
import { type Drawn, draw } from "./draw.ts";
import { fillWithSamples } from "./fill.ts";
import { removeSamples, seesSamples } from "./remove.ts";

let store: TestStore;
before(async () => {
  await lockDown();
  store = await testStore();
});
after(() => store?.close());

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();

/** An installation of its own with an owner and a worker that takes what is verifying, until it is told to stop. */
async function installation(): Promise<{ database: TestDatabase; owner: Viewer; close(): Promise<void> }> {
  const database = await testDatabase();
  const owner = await person(database.db, "owner");
  let on = true;
  const worker = (async () => {
    while (on) {
      const due = await database.db.select().from(uploads).where(eq(uploads.state, "verifying"));
      for (const { id } of due) await finalize(database.db, store.storage, id, { bytes: room, pixels: room });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    database,
    owner,
    async close() {
      on = false;
      await worker;
      await database.close();
    },
  };
}

/** Small pictures in the samples' places, the same for the same number: painting is tested for itself. */
function small(): (number: number) => Promise<Drawn> {
  const made = new Map<number, Promise<Drawn>>();
  return (number) => {
    const known =
      made.get(number) ??
      picture().then(
        (bytes): Drawn => ({ filename: `S_${number}.jpg`, mime: "image/jpeg", bytes, modified: new Date(0) }),
      );
    made.set(number, known);
    return known;
  };
}

const go = (
  place: { database: TestDatabase; owner: Viewer },
  drawing = small(),
  signal = new AbortController().signal,
) => fillWithSamples(place.database.db, store.storage, { owner: place.owner, draw: drawing, signal });

it("an empty gallery gets sixty described pictures through the real upload, and loses them again without a trace", async () => {
  const place = await installation();
  const { db } = place.database;
  assert.deepEqual(await go(place), { is: "filled", pictures: samples.length });
  const shown = await listMedia(db, { viewer: undefined, limit: 100 });
  assert.equal(shown?.media.length, samples.filter((one) => one.visibility === "public").length);
  assert.deepEqual(await seesSamples(db, place.owner), { here: samples.length, coming: 0 });
  const found = await db.select().from(media);
  assert.deepEqual(
    new Set(found.map(({ title, alt, rating }) => `${title}|${alt}|${rating}`)),
    new Set(samples.map(({ title, alt, rating }) => `${title}|${alt}|${rating}`)),
  );
  assert.equal((await db.select().from(albums)).length, 6);
  // Once more is no more.
  assert.deepEqual(await go(place), { is: "filled", pictures: samples.length });
  assert.equal((await db.select().from(media)).length, samples.length);

  assert.equal(await removeSamples(db, { viewer: place.owner }), samples.length);
  assert.equal(await seesSamples(db, place.owner), undefined);
  assert.equal((await db.select().from(albums)).length, 0);
  assert.equal((await listMedia(db, { viewer: place.owner, limit: 1 }))?.media.length, 0);
  const due = await db.select().from(purges).where(isNotNull(purges.mediaId));
  assert.equal(due.length, samples.length);
  assert.ok(due.every(({ notBefore }) => notBefore.getTime() <= Date.now() + 1000));
  await place.close();
});

it("a filling that was interrupted goes on, and sends nothing twice (R-12)", async () => {
  const place = await installation();
  const { db } = place.database;
  const drawing = small();
  const interrupted = new AbortController();
  await assert.rejects(
    go(
      place,
      async (number) => {
        // Nobody's browser has begun them, so none can go on with them.
        assert.deepEqual(await openUploads(db, { viewer: place.owner }), []);
        if (number === 20) interrupted.abort(new Error("killed"));
        return drawing(number);
      },
      interrupted.signal,
    ),
    /killed/,
  );
  const stands = await seesSamples(db, place.owner);
  assert.equal((stands?.here ?? 0) + (stands?.coming ?? 0), samples.length);
  assert.ok(stands && stands.coming >= samples.length - 18);
  const working = eq(uploads.state, "verifying");
  while ((await db.select().from(uploads).where(working)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  // Whoever brought them is gone for good.
  await db.update(uploads).set({ updatedAt: new Date(Date.now() - 600_000) });
  assert.deepEqual(await seesSamples(db, place.owner), { ...stands, coming: 0 });
  assert.deepEqual(await go(place, drawing), { is: "filled", pictures: samples.length });
  assert.equal((await db.select().from(uploads)).length, samples.length);
  await place.close();
});

it("a gallery with a picture of its own is left as it is", async () => {
  const place = await installation();
  const { db } = place.database;
  const own = await person(db);
  const bytes = await picture();
  const [begun] = await beginUploads(db, store.storage, { viewer: own, uploads: [declare(bytes)] });
  assert.ok(begun?.status === "issued");
  await store.storage.put(begun.transport === "post" ? (begun.fields.key ?? "") : "", bytes, {
    contentType: "image/jpeg",
  });
  await db.update(uploads).set({ state: "verifying" });
  while ((await db.select().from(media)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await go(place), { is: "refused" });
  assert.equal((await db.select().from(rows)).length, 0);
  await place.close();
});

it("samples that are removed while they come do not go on coming, and only their owner may remove them", async () => {
  const place = await installation();
  const { db } = place.database;
  const drawing = small();
  const other = await person(db);
  const filled = go(place, async (number) => {
    if (number === 15) {
      await assert.rejects(removeSamples(db, { viewer: other }), { code: "forbidden" });
      await removeSamples(db, { viewer: "operator" });
    }
    return drawing(number);
  });
  assert.deepEqual(await filled, { is: "removed" });
  assert.equal((await listMedia(db, { viewer: place.owner, limit: 1 }))?.media.length, 0);
  assert.deepEqual(
    (await db.select().from(uploads)).filter(({ state }) => state === "issued" || state === "verifying"),
    [],
  );
  await place.close();
});

it("a sample is painted the same each time, with what a camera writes, and is taken by the judge of strangers' pictures", async () => {
  for (const number of [46, 47]) {
    const sample = samples[number];
    assert.ok(sample);
    const [first, again] = [await draw(sample, number), await draw(sample, number)];
    assert.deepEqual(first, again);
    const identity = await identify(first.bytes, first.mime);
    assert.deepEqual([identity.width, identity.height], [sample.width, sample.height]);
    const facts = await readFacts(first.bytes, identity);
    // What its camera showed where it was.
    assert.equal(facts.takenAt?.toISOString(), new Date(`${sample.taken}Z`).toISOString());
    assert.equal(facts.latitude !== undefined, sample.place !== undefined);
    assert.ok(facts.camera && facts.lens && facts.iso && facts.aperture && facts.exposureTime);
  }
  assert.equal(samples.length, 60);
  assert.equal(new Set(samples.map(({ title }) => title)).size, 60);
  const years = samples.map(({ taken }) => Number(taken.slice(0, 4)));
  assert.equal(Math.max(...years) - Math.min(...years), 12);
});
