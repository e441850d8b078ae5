import assert from "node:assert/strict";
import { it } from "node:test";
import { leavesOut } from "./pattern.ts";

it("leaves out names anywhere, and paths from the top, with all that lies below them", () => {
  const names = [
    "cache/a.jpg",
    "photos/cache/b.jpg",
    "photos/1.thumbnail.jpg",
    "photos/2019/1.jpg",
    "photos/2020/deep/2.jpg",
    "caches/c.jpg",
    "사진/여름.jpg",
  ];
  const left = (...patterns: string[]): string[] => names.filter(leavesOut(patterns));
  assert.deepEqual(left(), []);
  assert.deepEqual(left("cache"), ["cache/a.jpg", "photos/cache/b.jpg"]);
  assert.deepEqual(left("/cache/"), ["cache/a.jpg", "photos/cache/b.jpg"]);
  assert.deepEqual(left("cache/**"), ["cache/a.jpg"]);
  assert.deepEqual(left("photos/*/*.jpg"), ["photos/cache/b.jpg", "photos/2019/1.jpg"]);
  assert.deepEqual(left("photos/**/*.jpg"), names.slice(1, 5));
  assert.deepEqual(left("photos/20?9"), ["photos/2019/1.jpg"]);
  assert.deepEqual(left("*.thumbnail.*", "사진"), ["photos/1.thumbnail.jpg", "사진/여름.jpg"]);
  assert.deepEqual(left("a.jpg"), ["cache/a.jpg"], "a dot is a dot");
});
