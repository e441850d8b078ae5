import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, Lanes, lanesMax, lanesMin, Pace, Smooth, timeLeft } from "./pace.ts";

test("no speed is claimed before there is enough to go by, then it is that of the last seconds", () => {
  const pace = new Pace();
  pace.note(0, 0);
  pace.note(1_000, 1_000_000);
  assert.equal(pace.speed(1_000), undefined);
  for (let second = 2; second <= 30; second++) pace.note(second * 1_000, second * 1_000_000);
  assert.equal(pace.speed(30_000), 1_000_000);
  for (let second = 31; second <= 60; second++)
    pace.note(second * 1_000, 30_000_000 + (second - 30) * 2_000_000);
  assert.equal(pace.speed(60_000), 2_000_000);
});

test("a try that begins anew does not make the speed negative", () => {
  const pace = new Pace();
  for (let second = 0; second <= 6; second++) pace.note(second * 1_000, second * 1_000_000);
  pace.note(7_000, 3_000_000);
  pace.note(8_000, 4_000_000);
  const speed = pace.speed(8_000) ?? 0;
  assert.ok(speed > 500_000 && speed <= 1_000_000, `${speed}`);
});

test("time left is said the way people say it", () => {
  assert.deepEqual(timeLeft(3), { unit: "moment", n: 0, minutes: 0 });
  assert.deepEqual(timeLeft(22), { unit: "seconds", n: 30, minutes: 0 });
  assert.deepEqual(timeLeft(56), { unit: "minutes", n: 1, minutes: 0 });
  assert.deepEqual(timeLeft(130), { unit: "minutes", n: 2, minutes: 0 });
  assert.deepEqual(timeLeft(4_800), { unit: "hours", n: 1, minutes: 20 });
  assert.deepEqual(timeLeft(7_190), { unit: "hours", n: 2, minutes: 0 });
});

test("the estimate follows a noisy value slowly and a changed one at once", () => {
  const smooth = new Smooth();
  assert.equal(smooth.next(100, 0), 100);
  const next = smooth.next(140, 1_000) ?? 0;
  assert.ok(next > 100 && next < 115, `${next}`);
  assert.equal(smooth.next(1_000, 2_000), 1_000);
  assert.equal(smooth.next(undefined, 3_000), undefined);
});

test("waits double, differ by chance and end after four tries (F-5)", () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((tries) => backoff(tries, () => 0)),
    [500, 1_000, 2_000, undefined],
  );
  assert.deepEqual(
    [1, 2, 3].map((tries) => backoff(tries, () => 1)),
    [1_000, 2_000, 4_000],
  );
});

test("more files travel at once while it pays, fewer when it does not, always three to six", () => {
  const lanes = new Lanes();
  let bytes = 0;
  for (let step = 0; step < 20; step++) {
    bytes += 1_000_000 * lanes.count;
    lanes.note(step * 2_000, bytes);
  }
  assert.equal(lanes.count, lanesMax);
  for (let step = 0; step < 10; step++) lanes.failed();
  assert.equal(lanes.count, lanesMin);
});
