import assert from "node:assert/strict";
import { test } from "node:test";
import { renderToStaticMarkup } from "react-dom/server";
import { mark, within } from "./within.ts";

test("parts stand where their language puts them, and nothing else is taken for one", () => {
  const written = (sentence: string) => renderToStaticMarkup(within(sentence, "ONE", "TWO"));
  assert.equal(written(`a ${mark(0)} b ${mark(1)}.`), "a ONE b TWO.");
  assert.equal(written(`${mark(1)}에 ${mark(0)}`), "TWO에 ONE");
  assert.equal(written(`한 \u{1f642} ${mark(2)}`), `한 \u{1f642} ${mark(2)}`);
  assert.equal(written(""), "");
});
