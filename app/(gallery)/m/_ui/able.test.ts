import assert from "node:assert/strict";
import { it } from "node:test";
import { isAble, type Standing } from "./able.ts";

const standing: Standing = {
  slide: undefined,
  details: undefined,
  zoom: { factor: 1, most: false },
  staged: true,
  canFull: true,
  showing: false,
  inOwnAlbum: false,
  undoable: false,
};

it("offers the full screen where the browser has one, and nowhere else", () => {
  assert.equal(isAble("fullScreen", standing), true);
  assert.equal(isAble("fullScreen", { ...standing, canFull: false }), false);
});
