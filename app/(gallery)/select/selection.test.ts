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
  dayOf,
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
