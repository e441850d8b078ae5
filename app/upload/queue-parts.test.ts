import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import type { PartPermit } from "#lib/media.ts";
import { ApiFailure } from "./api.ts";
import type { Sent } from "./send-file.ts";
import { picture, view, World } from "./testing.ts";

/** Ninety-five bytes in parts of ten: nine whole ones and a rest of five. */
const text = `${"abcdefghi".repeat(10)}abcde`;
const large = (name = "large.jpg") => picture(name, text);
const numbers = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

function parted(): World {
  const world = new World();
  world.threshold = 40;
  return world;
}

/** Parts that stay under way until they are let go. */
function held(world: World) {
  const waiting = new Map<string, (sent: Sent) => void>();
  world.part = (permit, _part, signal, progress) =>
    new Promise((resolve) => {
      progress(permit.bytes - 1);
      waiting.set(permit.url, resolve);
      signal.addEventListener("abort", () => resolve({ outcome: "aborted" }));
    });
  const end = (number: number, sent: Sent = { outcome: "stored" }) => {
    const url = [...waiting.keys()].find((one) => one.endsWith(`partNumber=${number}`)) ?? "";
    waiting.get(url)?.(sent);
    waiting.delete(url);
  };
  const endAll = () => {
    for (const go of waiting.values()) go({ outcome: "stored" });
    waiting.clear();
  };
  return { end, endAll };
}

test("a large file travels in parts that are exactly its bytes, in order, and a small one beside it whole", async () => {
  const world = parted();
  const bytes = new Map<number, string>();
  world.part = async (permit: PartPermit, part) => {
    bytes.set(permit.number, await part.text());
    return { outcome: "stored" };
  };
  world.add(large(), picture("small.jpg"));
  await world.pass(5_000);
  assert.deepEqual(world.phases, ["ready", "ready"]);
  assert.equal(
    numbers(10)
      .map((number) => bytes.get(number))
      .join(""),
    text,
  );
  assert.deepEqual([world.partsSent.length, world.sends.length], [10, 1]);
  assert.equal(world.queue.state().bytesSent, text.length + "small.jpg".length);
});

test("the parts of one file take the free lanes, and with other files no more than there are", async () => {
  const world = parted();
  const { endAll } = held(world);
  world.add(large("one.jpg"));
  await world.pass();
  assert.equal(world.flying, 4);
  world.add(picture("two.jpg", `2${text}`), picture("three.jpg", `3${text}`));
  await world.pass();
  while (world.queue.state().count.ready < 3) {
    endAll();
    await world.pass(500);
  }
  assert.ok(world.flyingMost <= 6, `${world.flyingMost} at once`);
});

test("a pause keeps what has arrived: going on sends only the parts that are missing", async () => {
  const world = parted();
  const { end } = held(world);
  world.add(large());
  await world.pass();
  end(1);
  end(2);
  await world.pass();
  world.queue.pause();
  await world.pass(10_000);
  assert.deepEqual([world.phases, world.queue.state().bytesSent], [["issued"], 20]);
  world.part = async () => ({ outcome: "stored" });
  world.partsSent = [];
  world.queue.goOn();
  await world.pass(5_000);
  assert.deepEqual(world.phases, ["ready"]);
  assert.deepEqual(world.partsSent, numbers(10).slice(2));
});

test("after the connection was lost only the missing parts travel", async () => {
  const world = parted();
  const { end } = held(world);
  world.add(large());
  await world.pass();
  for (const number of [1, 3]) end(number);
  await world.pass();
  world.queue.network(false);
  await world.pass(60_000);
  assert.equal(world.flying, 0);
  world.part = async () => ({ outcome: "stored" });
  world.partsSent = [];
  world.queue.network(true);
  await world.pass(5_000);
  assert.deepEqual([world.phases, world.partsSent], [["ready"], [2, 4, 5, 6, 7, 8, 9, 10]]);
});

test("after a reload and the same file chosen again only the missing parts travel", async () => {
  const world = parted();
  const sha256 = createHash("sha256").update(text).digest("hex");
  const declared = {
    clientToken: randomUUID(),
    filename: "large.jpg",
    bytes: text.length,
    mime: "image/jpeg",
    sha256,
  } as const;
  world.rows.set("kept", { ...view("kept", declared), token: "kept" });
  world.parts.set("kept", new Set([1, 2, 3, 7]));
  const remembered = {
    id: "row",
    token: randomUUID(),
    name: "large.jpg",
    folder: "",
    bytes: text.length,
    lastModified: 1,
    mime: "image/jpeg",
    sha256,
    uploadId: "kept",
    owner: "maria",
    tab: "tab",
  };
  world.queue.restore([{ remembered, view: world.rows.get("kept") }]);
  await world.pass(3_000);
  assert.deepEqual(world.phases, ["missing"]);
  world.add(large());
  await world.pass(5_000);
  assert.deepEqual([world.phases, world.partsSent], [["ready"], [4, 5, 6, 8, 9, 10]]);
});

test("one part that fails is tried again by itself while the others go on (F-5)", async () => {
  const world = parted();
  let failures = 0;
  world.part = async (permit) => {
    if (permit.number !== 2 || failures === 3) return { outcome: "stored" };
    failures += 1;
    return { outcome: "unknown", status: 503 };
  };
  world.add(large());
  await world.pass(500);
  assert.equal(world.parts.get("upload-1")?.size, 9);
  await world.pass(30_000);
  assert.deepEqual([world.phases, world.partsSent.length, world.probed], [["ready"], 13, []]);
});

test("a part that never gets through ends the row with a sentence, and trying again sends that part alone", async () => {
  const world = parted();
  world.part = async ({ number }) =>
    number === 5 ? { outcome: "unknown", status: 0 } : { outcome: "stored" };
  world.add(large());
  await world.pass(300_000);
  assert.deepEqual(world.phases, ["failed"]);
  assert.deepEqual(world.all[0]?.note, { code: "no_connection" });
  assert.equal(world.partsSent.filter((number) => number === 5).length, 8);
  world.part = async () => ({ outcome: "stored" });
  world.partsSent = [];
  world.queue.retry([world.all[0]?.id ?? ""]);
  await world.pass(5_000);
  assert.deepEqual([world.phases, world.partsSent, world.begins.length], [["ready"], [5], 1]);
});

test("parts the bucket refuses get fresh permits once, and then it is an end (F-6)", async () => {
  const world = parted();
  // As if the first permits had ended before they were used.
  world.part = async () =>
    world.partsAsked.length === 1 ? { outcome: "refused", status: 403 } : { outcome: "stored" };
  world.add(large());
  await world.pass(5_000);
  assert.deepEqual([world.phases, world.renewed], [["ready"], []]);

  const closed = parted();
  closed.part = async () => ({ outcome: "refused", status: 403 });
  closed.add(large());
  await closed.pass(60_000);
  assert.deepEqual([closed.phases, closed.all[0]?.note], [["failed"], { code: "bucket_refused" }]);
  assert.ok(closed.partsSent.length <= 20, `${closed.partsSent.length} parts were tried`);
});

test("when the store has given the parts up they are all sent again", async () => {
  const world = parted();
  const { end } = held(world);
  world.add(large());
  await world.pass();
  for (const number of [1, 2]) end(number);
  await world.pass();
  // A lifecycle rule ended it; the server begins anew when it is asked.
  world.parts.get("upload-1")?.clear();
  for (const number of [3, 4]) end(number, { outcome: "refused", status: 404 });
  world.part = async () => ({ outcome: "stored" });
  await world.pass();
  for (const number of [5, 6]) end(number, { outcome: "refused", status: 404 });
  await world.pass(10_000);
  assert.deepEqual([world.phases, world.renewed], [["ready"], []]);
});

test("permits that end while a slow file is under way are asked for anew before they do (R-16)", async () => {
  const world = parted();
  world.policySeconds = 60;
  const { end } = held(world);
  world.add(large());
  await world.pass();
  for (const number of numbers(10)) {
    await world.pass(20_000);
    end(number);
    await world.pass(1);
  }
  await world.pass(5_000);
  assert.deepEqual(world.phases, ["ready"]);
  assert.ok(world.partsAsked.length > 2, "asked more than at the beginning");
});

test("signed out in the middle, parts with permits go on, and the rest after signing in", async () => {
  const world = new World();
  world.threshold = 40;
  world.partBytes = 2;
  world.add(large());
  world.part = async () => {
    if (world.partsSent.length === 10) world.trouble = [new ApiFailure(401, "unauthenticated", "")];
    return { outcome: "stored" };
  };
  await world.pass(60_000);
  assert.deepEqual([world.phases, world.queue.state().hold?.why], [["sending"], "signed_out"]);
  world.queue.goOnUnlessPaused();
  await world.pass(5_000);
  assert.deepEqual([world.phases, world.partsSent.length], [["ready"], 48]);
});

test("cancelling stops all parts and tells the server", async () => {
  const world = parted();
  held(world);
  world.add(large());
  await world.pass();
  world.queue.cancel(world.all.map((row) => row.id));
  await world.pass(1_000);
  assert.deepEqual([world.phases, world.flying, world.cancelled], [["cancelled"], 0, ["upload-1"]]);
});

test("an upload that was given up elsewhere begins anew (F-1)", async () => {
  const world = parted();
  const { end } = held(world);
  world.add(large());
  await world.pass();
  const row = world.rows.get("upload-1");
  if (row !== undefined) row.state = "cancelled";
  for (const number of [1, 2, 3, 4]) end(number, { outcome: "refused", status: 404 });
  world.part = async () => ({ outcome: "stored" });
  await world.pass(10_000);
  assert.deepEqual([world.phases, world.begins.length], [["ready"], 2]);
});

test("a file that is given up again and again, however much of it arrives, comes to an end", async () => {
  const world = parted();
  world.part = async ({ url, number }) => {
    const row = world.rows.get(new URL(url).pathname.slice(1));
    if (number === 5 && row !== undefined) row.state = "expired";
    return number < 5 ? { outcome: "stored" } : { outcome: "refused", status: 404 };
  };
  world.add(large());
  await world.pass(120_000);
  assert.deepEqual([world.phases, world.all[0]?.note], [["failed"], { code: "gone" }]);
  assert.equal(world.begins.length, 3);
});

test("a picture that was finished here may be chosen again: whether it is still there, the server knows", async () => {
  const world = new World();
  world.add(picture("a.jpg"));
  await world.pass(3_000);
  world.add(picture("a.jpg"));
  await world.pass(3_000);
  assert.deepEqual([world.phases, world.begins.length, world.sends.length], [["ready", "ready"], 2, 2]);
});

test("a store that takes no forms is sent a PUT", async () => {
  const world = new World();
  world.transport = "put";
  world.add(picture("a.jpg"));
  await world.pass(3_000);
  assert.deepEqual([world.phases, world.sends], [["ready"], ["upload-1"]]);
});
