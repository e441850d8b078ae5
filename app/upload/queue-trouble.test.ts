import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiFailure } from "./api.ts";
import { picture, pictures, World } from "./testing.ts";

test("after a broken connection the same policy is tried four times, then the server is asked whether it arrived (F-5)", async () => {
  const world = new World();
  world.bucket = async (id) => {
    // The bucket got it the last time; only its answer was lost.
    if (world.sends.length === 4) world.stored.add(id);
    return { outcome: "unknown", status: 0 };
  };
  world.add(picture("a.jpg"));
  await world.pass(60_000);
  assert.deepEqual(world.sends, Array(4).fill("upload-1"));
  assert.deepEqual([world.probed, world.renewed, world.phases], [["upload-1"], [], ["ready"]]);
});

test("what did not arrive after all tries gets one fresh policy, then the row says so and may be tried again (F-5)", async () => {
  const world = new World();
  world.bucket = async () => ({ outcome: "unknown", status: 503 });
  world.add(picture("a.jpg"));
  await world.pass(120_000);
  assert.deepEqual([world.sends.length, world.renewed, world.phases], [8, ["upload-1"], ["failed"]]);
  world.bucket = async (id) => {
    world.stored.add(id);
    return { outcome: "stored" };
  };
  world.queue.retry([world.all[0]?.id ?? ""]);
  await world.pass(5_000);
  assert.deepEqual(world.phases, ["ready"]);
  assert.notEqual(world.begins[0]?.[0]?.clientToken, world.begins[1]?.[0]?.clientToken);
});

test("a refusal by the bucket is answered with one fresh policy and not with a loop (F-6)", async () => {
  const world = new World();
  world.bucket = async () => ({ outcome: "refused", status: 403 });
  world.add(picture("a.jpg"));
  await world.pass(60_000);
  assert.deepEqual([world.sends.length, world.renewed, world.phases], [2, ["upload-1"], ["failed"]]);
});

test("a policy that is about to expire is renewed before a byte moves (R-16)", async () => {
  const world = new World();
  world.policySeconds = 60;
  const waiting: (() => void)[] = [];
  world.bucket = (id) =>
    new Promise((resolve) =>
      waiting.push(() => {
        world.stored.add(id);
        resolve({ outcome: "stored" });
      }),
    );
  world.add(...pictures(12));
  await world.pass(40_000);
  for (const go of waiting.splice(0)) go();
  await world.pass(1);
  assert.ok(world.renewed.length > 0);
  assert.ok(world.sends.slice(-1).every((id) => world.renewed.includes(id)));
});

test("without a network nothing is tried, and everything goes on when it is back", async () => {
  const world = new World();
  world.queue.network(false);
  world.add(picture("a.jpg"));
  await world.pass(60_000);
  assert.deepEqual([world.begins.length, world.queue.state().hold?.why], [0, "offline"]);
  world.queue.network(true);
  await world.pass(3_000);
  assert.deepEqual(world.phases, ["ready"]);
});

test("Retry-After is waited for, then the same question is asked again", async () => {
  const world = new World();
  world.trouble = [new ApiFailure(429, "rate_limited", "", 20)];
  world.add(picture("a.jpg"));
  await world.pass(19_000);
  assert.deepEqual([world.begins.length, world.queue.state().hold?.why], [0, "busy"]);
  await world.pass(5_000);
  assert.deepEqual(world.phases, ["ready"]);
});

test("a crowded server is left alone for as long as it asks, at every step; the page says until when, and goes on", async () => {
  const world = new World();
  const busy = () => new ApiFailure(503, "busy", "", 7);
  // Beginning, then telling what arrived, then asking how it fares.
  world.trouble = [busy(), undefined, busy(), busy(), undefined, busy()];
  world.add(picture("a.jpg"));
  const told: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    while (world.queue.state().hold === undefined && world.phases[0] !== "ready") await world.pass(100);
    const hold = world.queue.state().hold;
    assert.equal(hold?.why, "busy");
    told.push((hold?.until ?? 0) - world.now);
    const asked = world.trouble.length;
    await world.pass((hold?.until ?? 0) - world.now - 1);
    assert.equal(world.trouble.length, asked, "nothing is asked before");
    await world.pass(1);
  }
  await world.pass(10_000);
  assert.ok(
    told.every((ms) => ms > 6_500 && ms <= 7_000),
    told.join(),
  );
  assert.deepEqual([world.phases, world.sends.length], [["ready"], 1]);
});

test("signed out, the queue keeps everything until the person has signed in again", async () => {
  const world = new World();
  world.trouble = [new ApiFailure(401, "unauthenticated", "")];
  world.add(picture("a.jpg"));
  await world.pass(600_000);
  assert.deepEqual([world.phases, world.queue.state().hold?.why], [["hashed"], "signed_out"]);
  world.queue.goOnUnlessPaused();
  await world.pass(3_000);
  assert.deepEqual(world.phases, ["ready"]);
});

test("one declaration that spoils its batch is found by asking for each file alone", async () => {
  const world = new World();
  world.spoils = "IMG_3.jpg";
  // Busy at first, so that all of them are waiting when the server may be asked.
  world.trouble = [new ApiFailure(429, "rate_limited", "", 5)];
  world.add(...pictures(8));
  await world.pass(20_000);
  const failed = world.all.filter((row) => row.phase === "failed").map((row) => row.name);
  assert.deepEqual([failed, world.queue.state().count.ready], [["IMG_3.jpg"], 7]);
});

test("a refused picture shows the server's sentence and is not tried again (F-8)", async () => {
  const world = new World();
  world.verdict = {
    state: "rejected",
    rejectCode: "corrupt",
    message: "The file is damaged.",
    mediaId: null,
  };
  world.add(picture("a.jpg"));
  await world.pass(20_000);
  assert.deepEqual(world.phases, ["refused"]);
  assert.deepEqual(world.all[0]?.note, { text: "The file is damaged.", reject: "corrupt" });
  assert.equal(world.sends.length, 1);
});

test("cancelling tells the server, also when it cannot be reached at first", async () => {
  const world = new World();
  world.bucket = (_id, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve({ outcome: "aborted" })));
  world.add(picture("a.jpg"));
  await world.pass();
  world.trouble = [new ApiFailure(0, "no_answer", "")];
  world.queue.cancel(world.all.map((row) => row.id));
  await world.pass(10_000);
  assert.deepEqual([world.phases, world.cancelled], [["cancelled"], ["upload-1"]]);
});

test("with too many uploads open, those that are open go on, and the next are declared when some have finished", async () => {
  const world = new World();
  world.openMax = 100;
  world.verdict = {};
  world.add(...pictures(160));
  await world.pass(10_000);
  assert.equal(world.queue.state().hold?.why, "in_flight");
  assert.equal(world.queue.state().count.verifying, 100);
  world.verdict = { state: "ready" };
  await world.pass(10_000);
  assert.equal(world.queue.state().count.ready, 160);
  assert.ok(world.refusals <= 2, `${world.refusals} refused questions`);
});
