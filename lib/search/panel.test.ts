import assert from "node:assert/strict";
import { test } from "node:test";
import { filterCount } from "./panel.ts";
import { parseQuery } from "./query.ts";

test("every condition besides words is counted as a filter, also one that is turned round or has no field", () => {
  const count = (query: string): number => filterCount(parseQuery(query).clauses);
  assert.equal(count('pier "long walk" -rain'), 0);
  for (const one of [
    ...[
      "on:05-17",
      "-rating:5",
      "rating:3",
      "2019-07",
      "2019-07..2019-09",
      "-2019",
      "type:video",
      "-type:gif",
    ],
    ...["tag:sea", "-tag:sea", "album:Shore", "is:favourite", "-is:mine", "no:alt", "-no:title", "size:12"],
    ...["orientation:portrait", "color:red", "camera:x", "lens:y", "place:Rome", "near:37.5,127"],
  ])
    assert.equal(count(`pier ${one}`), 1, one);
  assert.equal(count("tag:a tag:b -rating:5"), 3);
});
