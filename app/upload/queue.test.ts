import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { bytesMax, picture, pictures, view, World } from "./testing.ts";

test("a picture goes from the selection to the gallery, and nothing of it is kept for a reload afterwards", async () => {
  const world = new World();
  world.add(picture("a.jpg"));
  await world.pass(2_000);
  assert.deepEqual(world.phases, ["ready"]);
  assert.equal(world.all[0]?.mediaId, "media-of-upload-1");
  assert.equal(world.remembered.size, 0);
  assert.deepEqual(
    { inHand: world.queue.state().inHand, sent: world.queue.state().bytesSent },
    { inHand: 0, sent: 5 },
  );
});

test("no more than fifty files are declared at once, and never more than six travel together (R-10)", async () => {
  const world = new World();
  const waiting: (() => void)[] = [];
  world.bucket = (id) =>
    new Promise((resolve) =>
      waiting.push(() => {
        world.stored.add(id);
        resolve({ outcome: "stored" });
      }),
    );
  world.add(...pictures(200));
  await world.pass();
  assert.ok(world.sending >= 3, "the first files start before everything is hashed");
  while (world.queue.state().count.ready < 200) {
    for (const go of waiting.splice(0)) go();
    await world.pass(1_000);
  }
  assert.ok(world.sendingMost <= 6);
  assert.ok(Math.max(...world.begins.map((batch) => batch.length)) <= 50);
  assert.equal(new Set(world.begins.flat().map((file) => file.clientToken)).size, 200);
});

test("a picture that is there already is named before a byte moves", async () => {
  const world = new World();
  const file = picture("a.jpg");
  world.duplicates.set(createHash("sha256").update("a.jpg").digest("hex"), "media-1");
  world.add(file);
  await world.pass(2_000);
  assert.deepEqual([world.phases, world.all[0]?.mediaId, world.sends], [["duplicate"], "media-1", []]);
});

test("the same picture twice in one selection travels once and both rows lead to it", async () => {
  const world = new World();
  world.add(picture("a.jpg", "same"), picture("copy of a.jpg", "same"));
  await world.pass(3_000);
  assert.deepEqual(world.phases.sort(), ["duplicate", "ready"]);
  assert.deepEqual(new Set(world.all.map((row) => row.mediaId)), new Set(["media-of-upload-1"]));
  assert.equal(world.sends.length, 1);
});

test("when the first of two equal pictures is cancelled, the second takes its place", async () => {
  const world = new World();
  world.bucket = (id, signal) =>
    new Promise((resolve) => {
      if (world.sends.length > 1) {
        world.stored.add(id);
        resolve({ outcome: "stored" });
      } else signal.addEventListener("abort", () => resolve({ outcome: "aborted" }));
    });
  world.add(picture("a.jpg", "same"), picture("b.jpg", "same"));
  await world.pass();
  const first = world.all.find((row) => row.phase === "sending");
  world.queue.cancel([first?.id ?? ""]);
  await world.pass(3_000);
  assert.deepEqual(world.phases.sort(), ["cancelled", "ready"]);
  assert.deepEqual(world.cancelled, ["upload-1"]);
});

test("files that cannot be pictures are refused at once and never hashed or declared (R-11)", async () => {
  const world = new World();
  const refused = world.add(
    new File(["x"], "IMG_1.CR3", { type: "" }),
    new File(["x"], "notes.txt", { type: "text/plain" }),
    new File([], "empty.jpg", { type: "image/jpeg" }),
    new File(["x".repeat(bytesMax + 1)], "large.jpg", { type: "image/jpeg" }),
  );
  await world.pass(1_000);
  assert.deepEqual(refused, { added: 0, refused: 4, continued: 0 });
  const codes = world.all.map(({ note }) => (note !== undefined && "code" in note ? note.code : ""));
  assert.deepEqual(codes, ["raw", "not_a_picture", "empty", "too_large"]);
  assert.equal(world.begins.length, 0);
});

test("pausing stops what is being sent, and going on sends it again with the same policy", async () => {
  const world = new World();
  world.bucket = (id, signal, progress) =>
    new Promise((resolve) => {
      progress(2);
      if (world.sends.length > 1) {
        world.stored.add(id);
        resolve({ outcome: "stored" });
      } else signal.addEventListener("abort", () => resolve({ outcome: "aborted" }));
    });
  world.add(picture("a.jpg"));
  await world.pass();
  assert.equal(world.queue.state().bytesSent, 2);
  world.queue.pause();
  await world.pass(10_000);
  assert.deepEqual(
    [world.phases, world.queue.state().hold?.why, world.sends.length],
    [["issued"], "paused", 1],
  );
  world.queue.goOn();
  await world.pass(3_000);
  assert.deepEqual([world.phases, world.renewed], [["ready"], []]);
});

test("after a reload the server is asked first whether the bucket has it, and only then for the file (F-4)", async () => {
  const world = new World();
  const file = picture("a.jpg");
  const sha256 = createHash("sha256").update("a.jpg").digest("hex");
  const declared = {
    clientToken: randomUUID(),
    filename: "a.jpg",
    bytes: 5,
    mime: "image/jpeg",
    sha256,
  } as const;
  for (const id of ["arrived", "lost"]) world.rows.set(id, { ...view(id, declared), token: id });
  world.stored.add("arrived");
  const remembered = (id: string) => ({
    id,
    token: randomUUID(),
    name: id === "lost" ? file.name : "b.jpg",
    folder: "",
    bytes: file.size,
    lastModified: file.lastModified,
    mime: "image/jpeg",
    sha256: id === "lost" ? sha256 : "0".repeat(64),
    uploadId: id,
    owner: "maria",
    tab: "tab",
  });
  world.queue.restore([
    { remembered: remembered("arrived"), view: world.rows.get("arrived") },
    { remembered: remembered("lost"), view: world.rows.get("lost") },
  ]);
  await world.pass(3_000);
  assert.deepEqual(world.phases, ["ready", "missing"]);
  assert.deepEqual(world.add(file), { added: 0, refused: 0, continued: 1 });
  await world.pass(3_000);
  assert.deepEqual([world.phases, world.sends, world.renewed], [["ready", "ready"], ["lost"], ["lost"]]);
});

test("a renamed file is recognised by its content after a reload", async () => {
  const world = new World();
  const sha256 = createHash("sha256").update("a.jpg").digest("hex");
  world.queue.restore([
    {
      remembered: {
        id: "row",
        token: randomUUID(),
        name: "a.jpg",
        folder: "",
        bytes: 5,
        lastModified: 1,
        mime: "image/jpeg",
        sha256,
        owner: "maria",
        tab: "tab",
      },
      view: undefined,
    },
  ]);
  world.add(picture("renamed.jpg", "a.jpg", 2));
  await world.pass(3_000);
  assert.deepEqual(
    world.all.map((row) => [row.id, row.phase]),
    [["row", "ready"]],
  );
});

test("many progress events in one frame are one notification", async () => {
  const world = new World();
  let notified = 0;
  world.queue.watch(() => {
    notified += 1;
  });
  world.bucket = async (id, _signal, progress) => {
    for (let n = 0; n < 1_000; n++) progress(n % 5);
    world.stored.add(id);
    return { outcome: "stored" };
  };
  world.add(picture("a.jpg"));
  await world.pass(3_000);
  assert.deepEqual(world.phases, ["ready"]);
  assert.ok(notified < 20, `${notified} notifications`);
});

test("each file tells when it was written and where its sender is", async () => {
  const world = new World();
  world.add(picture("a.jpg", "a", 5));
  await world.pass(3_000);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  assert.deepEqual(
    world.begins.flat().map((file) => [file.lastModified, file.timeZone]),
    [[5, timeZone]],
  );
});
