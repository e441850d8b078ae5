import assert from "node:assert/strict";
import { test } from "node:test";
import { isTyped, untouched } from "./typed.ts";

const form = (fields: Record<string, string>): FormData => {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
};
const calm = {
  ...{ title: "Pier", titleBefore: "Pier", tags: "", tagsBefore: "" },
  ...{ taken: "2026-05-17T18:42", takenBefore: "2026-05-17T18:42:00" },
};

test("a form that says what it said at first holds nothing that could be lost", () => {
  assert.equal(isTyped(form(calm)), false);
  assert.deepEqual([...untouched(form(calm))], ["title", "tags"]);
});

test("one changed letter, an emptied field or another date is something that somebody typed", () => {
  assert.equal(isTyped(form({ ...calm, title: "Piers" })), true);
  assert.equal(isTyped(form({ ...calm, title: "" })), true);
  assert.equal(isTyped(form({ ...calm, taken: "2026-05-17T18:43" })), true);
  assert.deepEqual([...untouched(form({ ...calm, title: "" }))], ["tags"]);
});
