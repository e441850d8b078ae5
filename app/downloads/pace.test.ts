import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("the time left follows from the bytes of the last seconds, and is not said before there are some", () => {
  const pace = new Pace();
  pace.note(0, 0);
  pace.note(1000, 1000);
  assert.equal(pace.secondsFor(1000), undefined);
  for (let second = 2; second <= 10; second++) pace.note(second * 1000, second * 1000);
  assert.equal(pace.secondsFor(5000), 5);
  assert.equal(pace.secondsFor(-1), 0);
});

test("a line that became slower is told by what it brings now", () => {
  const pace = new Pace();
  for (let second = 0; second <= 60; second++) pace.note(Math.min(second, 30) * 1000 + second, second * 1000);
  assert.ok((pace.secondsFor(1000) ?? 0) > 500);
});

test("while nothing comes there is nothing to say", () => {
  const pace = new Pace();
  for (let second = 0; second <= 60; second++) pace.note(500, second * 1000);
  assert.equal(pace.secondsFor(1000), undefined);
});
