import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Walk } from "../load.ts";
import type { Slide } from "../slide.ts";
import { deedNames, deedsOf, keysOf, shortcutsOf } from "./keys.ts";
import { besides, joined, withAgain, without } from "./walk.ts";

const slide = (id: string): Slide => ({
  id,
  heading: id,
  alt: id,
  width: 3,
  height: 2,
  color: "#000000",
  sources: [],
  src: "",
  original: false,
});
const walk = (ids: string, first = false, last = false): Walk => ({
  slides: [...ids].map(slide),
  first,
  last,
});
const ids = ({ slides }: Walk): string => slides.map(({ id }) => id).join("");

describe("a walk through a list", () => {
  it("grows at both ends, and knows when there is no more", () => {
    const longer = joined(joined(walk("de"), walk("abc", true), "before"), walk("fg", false, true), "after");
    assert.deepEqual([ids(longer), longer.first, longer.last], ["abcdefg", true, true]);
  });

  it("shows no picture twice when two answers overlap", () => {
    assert.equal(ids(joined(walk("abc"), walk("cd"), "after")), "abcd");
  });

  it("goes on with the next picture when one is gone, and with the one before at the end", () => {
    assert.equal(besides(walk("abc"), "b")?.id, "c");
    assert.equal(besides(walk("abc"), "c")?.id, "b");
    assert.equal(besides(walk("a"), "a"), undefined);
  });

  it("takes a picture back to its place, also when its neighbour has gone in the meantime", () => {
    assert.equal(ids(withAgain(without(walk("abc"), "b"), slide("b"), { before: "a", after: "c" })), "abc");
    assert.equal(ids(withAgain(walk("a"), slide("b"), { before: "a", after: "c" })), "ab");
    assert.equal(ids(withAgain(walk("c"), slide("b"), { before: "a", after: "c" })), "bc");
  });
});

describe("the table of keys", () => {
  it("names every deed to assistive technology", () => {
    for (const deed of deedNames) assert.match(shortcutsOf(deed, false), /^\S+( \S+)*$/);
    assert.equal(shortcutsOf("zoomIn", false), "Plus =");
    assert.equal(shortcutsOf("fullScreen", false), "Shift+F");
  });

  it("gives a key to two deeds only where the way of looking decides between them", () => {
    for (const deed of deedNames)
      for (const key of keysOf(deed, false))
        assert.deepEqual(deedsOf(key, false, true), key === "0" ? ["fit", "unrate"] : [deed]);
  });

  it("lets the arrows follow the order of the pictures where one reads from right to left", () => {
    assert.deepEqual(deedsOf("ArrowLeft", true, true), ["next"]);
  });

  it("leaves letters and signs alone when somebody turned them off, but not the help and the arrows (WCAG 2.1.4)", () => {
    assert.deepEqual(deedsOf("f", false, false), []);
    assert.deepEqual(deedsOf("?", false, false), ["help"]);
    assert.deepEqual(deedsOf("ArrowRight", false, false), ["next"]);
  });
});
