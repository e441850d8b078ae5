import assert from "node:assert/strict";
import { it } from "node:test";
import type { Shown } from "../_ui/selecting.ts";
import { selectionStore } from "./selection.ts";

const ids = Array.from({ length: 12 }, (_, n) => `id${n}`);
/** Three pictures a day, four days over two months. */
const dayOf = (id: string): string =>
  ["2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02"][Math.floor(Number(id.slice(2)) / 3)] ?? "";
const shown: Shown = {
  list: "timeline",
  between: (from, to) => {
    const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
    return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
  },
  rankOf: (id) => ids.indexOf(id),
  dayOf,
  monthOf: (id) => dayOf(id).slice(0, 7),
};
const made = (list = shown) => {
  const store = selectionStore(() => list);
  return { store, has: () => ids.filter((id) => store.has(id)) };
};

it("a click chooses or takes back, with shift all from the one chosen last", () => {
  const { store, has } = made();
  store.choose("id3", false);
  store.choose("id6", true);
  assert.deepEqual(has(), ["id3", "id4", "id5", "id6"]);
  store.choose("id4", false);
  store.choose("id1", true);
  assert.deepEqual(has(), ["id1", "id2", "id3", "id4", "id5", "id6"]);
  store.clear();
  assert.equal(store.active(), false);
  store.choose("id2", true);
  assert.deepEqual(has(), ["id2"]);
});

it("a day and a month are one word each, whatever is in them, and single pictures can be left out", () => {
  const { store, has } = made();
  store.choose("id6", false);
  store.chooseMonth("2020-02");
  assert.deepEqual(has(), ids.slice(6));
  assert.deepEqual(store.described(), {
    list: "timeline",
    all: false,
    ids: [],
    days: [],
    months: ["2020-02"],
    ranges: [],
    except: [],
  });
  store.choose("id7", false);
  store.chooseDay("2020-01-31");
  assert.deepEqual(has(), ["id3", "id4", "id5", "id6", "id8", "id9", "id10", "id11"]);
  assert.deepEqual(
    [store.hasMonth("2020-02"), store.hasDay("2020-02-01"), store.hasDay("2020-01-30")],
    [true, true, false],
  );
  store.choose("id7", false);
  assert.deepEqual(store.described().except, []);
  store.chooseMonth("2020-01");
  assert.deepEqual(store.described().days, []);
  store.chooseMonth("2020-01");
  store.chooseMonth("2020-02");
  assert.equal(store.active(), false);
});

it("a month is what is shown under it, though the first morning in Korea is dated the day after", () => {
  const border = { ...shown, monthOf: (id: string) => (id === "id6" ? "2020-01" : dayOf(id).slice(0, 7)) };
  const { store, has } = made(border);
  store.chooseMonth("2020-01");
  assert.deepEqual(has(), ids.slice(0, 7));
  store.chooseMonth("2020-01");
  store.chooseDay("2020-02-01");
  assert.deepEqual(has(), ["id6", "id7", "id8"]);
});

it("everything is the list, less what is taken out of it", () => {
  const { store, has } = made();
  store.choose("id1", false);
  store.everything();
  store.choose("id0", false);
  assert.deepEqual(has(), ids.slice(1));
  assert.deepEqual(
    [store.described().all, store.described().ids, store.described().except],
    [true, [], ["id0"]],
  );
});

it("choosing in another list begins anew, and listeners hear of every change", () => {
  let list = shown;
  const store = selectionStore(() => list);
  let heard = 0;
  const leave = store.subscribe(() => heard++);
  store.choose("id1", false);
  list = { ...shown, list: "favourites" };
  store.choose("id2", false);
  assert.deepEqual([store.described().list, store.described().ids], ["favourites", ["id2"]]);
  leave();
  store.clear();
  assert.equal(heard, 2);
});

it("what a lasso encloses is added to what was chosen before it, and leaves again with it", () => {
  const { store, has } = made();
  store.choose("id0", false);
  const base = store.chosen();
  store.replace(base, ["id2", "id3"]);
  store.replace(base, ["id3"]);
  assert.deepEqual(has(), ["id0", "id3"]);
});

it("a range that the page does not hold goes to the server by its ends, and is as chosen as any other", () => {
  let loaded = ids.slice(0, 4);
  const windowed: Shown = {
    ...shown,
    between: (from, to) =>
      [from, to].every((id) => loaded.includes(id)) ? shown.between(from, to) : undefined,
    rankOf: (id) => (loaded.includes(id) ? ids.indexOf(id) : undefined),
  };
  const { store } = made(windowed);
  store.choose("id2", false);
  store.choose("id3", true);
  store.choose("id1", false);
  // The list lets go of what one has scrolled past.
  loaded = ids.slice(8);
  store.choose("id10", true);
  assert.deepEqual(store.described().ranges, [["id1", "id10"]]);
  assert.deepEqual([store.has("id9"), store.has("id10"), store.has("id11")], [true, true, false]);
  store.choose("id9", false);
  assert.deepEqual([store.has("id9"), store.described().except], [false, ["id9"]]);
  // What overlaps is one range; what was taken out of it and is chosen again is in it.
  store.range("id11", "id9");
  assert.deepEqual([store.has("id9"), store.described().except], [true, []]);
  loaded = ids.slice(0, 4);
  assert.deepEqual([store.has("id0"), store.has("id1"), store.has("id3")], [false, true, true]);
  store.clear();
  assert.deepEqual([store.active(), store.described().ranges], [false, []]);
});

it("ranges that meet become one, whichever way they were drawn", () => {
  const { store, has } = made({ ...shown, between: () => undefined });
  store.choose("id6", false);
  store.choose("id3", true);
  store.range("id8", "id5");
  assert.deepEqual(store.described().ranges, [["id3", "id8"]]);
  store.range("id0", "id1");
  assert.deepEqual(has(), ["id0", "id1", "id3", "id4", "id5", "id6", "id7", "id8"]);
  assert.deepEqual(store.described().ids, []);
});
