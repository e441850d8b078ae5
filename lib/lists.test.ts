import assert from "node:assert/strict";
import { it } from "node:test";
import { openList, timelineList } from "./lists.ts";

it("opens the timeline by its name", () => {
  assert.equal(openList("timeline"), timelineList);
});

it("knows no list by a name that none has (A-51)", () => {
  for (const name of ["", ".", "timeline.x", "toString", "constructor.x", "\0", "a".repeat(2000)])
    assert.equal(openList(name), undefined);
});
