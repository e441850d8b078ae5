import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  boxOf,
  buildModel,
  headingPx,
  heightOf,
  layPart,
  monthAt,
  monthGapPx,
  partAt,
  partsOf,
  stack,
  widthOf,
} from "./model.ts";
import { guessHeight, layRows } from "./rows.ts";
import { moved, namedLine, pixelsMax, spaceOf } from "./space.ts";

const frame = { width: 1248, row: 213.6, gap: 4 };
const common = [1.5, 1.333, 0.75, 0.667, 1.778, 4, 0.5, 1];
/** Repeatable: the same sequence every time. */
const shapes = (count: number, seed = 1): number[] => {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = Math.imul(state, 1_103_515_245) + 12_345;
    return common[((state >>> 16) & 0x7fff) % common.length] ?? 1;
  });
};

describe("rows", () => {
  it("fills every row to the edge and leaves no tile out", () => {
    const ratios = shapes(5000);
    for (const open of [true, false]) {
      const rows = layRows(ratios, frame, open);
      assert.equal(rows.starts.at(-1), ratios.length);
      for (let n = 0; n < rows.scales.length - (open ? 1 : 0); n++) {
        const tiles = ratios.slice(rows.starts[n], rows.starts[n + 1]);
        const width = tiles.reduce((sum, ratio) => sum + ratio, 0) * (rows.scales[n] ?? 0);
        assert.ok(Math.abs(width + (tiles.length - 1) * frame.gap - frame.width) < 1e-6, `row ${n}`);
        assert.equal(tiles.length > 0, true);
        assert.ok((rows.scales[n] ?? 0) < frame.row * 4);
      }
    }
  });

  it("leaves the last tiles of a month at their size, and fills the last row of a part", () => {
    const open = layRows([1.5, 1.5], frame, true);
    assert.ok(Math.abs((open.scales[0] ?? 0) - frame.row) < 0.1);
    const ratios = [...Array<number>(8).fill(1.4), 0.5];
    const closed = layRows(ratios, frame, false);
    assert.ok((closed.scales.at(-1) ?? 0) <= frame.row * 1.6);
  });

  it("guesses the height of tiles of known total width within two hundredths, once some were laid out", () => {
    for (const width of [344, 736, 1248, 1888, 2528]) {
      const at = { width, row: Math.min(336, Math.max(112, width * 0.12 + 60)), gap: 4 };
      const error = (seed: number, correct: number): number => {
        const ratios = shapes(4000, seed).map((ratio) => (ratio === 4 || ratio === 0.5 ? 1.5 : ratio));
        const sum = ratios.reduce((all, ratio) => all + ratio, 0);
        return (correct * guessHeight(ratios.length, sum, at)) / layRows(ratios, at, true).height - 1;
      };
      const learnt = 1 / (1 + error(99, 1));
      assert.ok(Math.abs(learnt - 1) < 0.06, `${width} px: ${learnt}`);
      const errors = Array.from({ length: 20 }, (_, n) => Math.abs(error(n + 1, learnt)));
      const mean = errors.reduce((sum, one) => sum + one, 0) / errors.length;
      assert.ok(mean <= 0.02, `${width} px: ${(mean * 100).toFixed(1)} %`);
    }
  });
});

describe("months", () => {
  /** So many pictures a month, all of them loaded. */
  const library = (counts: number[], breakAt?: number) => {
    const all = counts.map((count, n) => shapes(count, n + 1));
    const months = {
      months: counts.map((_, n) => 24_300 - n),
      counts,
      ratios: all.map((ratios) => ratios.reduce((sum, ratio) => sum + ratio, 0)),
    };
    const model = buildModel(months, new Map(), breakAt);
    for (let part = 0; part < partsOf(model); part++) {
      const month = model.monthOf[part] ?? 0;
      const from = model.from[part] ?? 0;
      model.ratios[part] = Float32Array.from((all[month] ?? []).slice(from, from + (model.count[part] ?? 0)));
      layPart(model, part, frame);
    }
    stack(model, frame);
    return model;
  };

  it("of few pictures stand side by side in their order, and none lies on another or beyond the edge", () => {
    const counts = Array.from({ length: 120 }, (_, n) => (n % 11 === 10 ? 40 : 1 + (n % 3)));
    const model = library(counts);
    let shared = 0;
    for (let month = 1; month < counts.length; month++) {
      const [before, own] = [month - 1, month].map((n) => ({
        top: model.monthTops[n] ?? 0,
        x: model.xs[n] ?? 0,
        width: widthOf(model, n, frame),
      }));
      if (before === undefined || own === undefined) throw new Error("Expected two months");
      assert.ok(own.x + own.width <= frame.width + 1 / 64);
      if (own.top === before.top) {
        shared++;
        assert.ok(own.x >= before.x + before.width + 20, `month ${month}`);
        assert.equal(model.shelves[month], model.shelves[before === undefined ? 0 : month - 1]);
      } else {
        assert.equal(own.x, 0);
        assert.ok(own.top > before.top + headingPx + monthGapPx);
      }
      const part = model.firstPart[month] ?? 0;
      for (let index = 0; own.width < frame.width && index < (counts[month] ?? 0); index++) {
        const box = boxOf(model, part, index, frame);
        assert.equal(box?.y, own.top + headingPx, "one row");
        assert.ok((box?.x ?? 0) + (box?.width ?? 0) <= own.x + own.width);
      }
    }
    assert.ok(shared > 30, `${shared} of 120`);
  });

  it("that fill a row keep their rows to themselves, and what stands at a height is found by the first of a shelf", () => {
    const model = library([60, 1, 2, 1, 900, 1]);
    assert.deepEqual([...model.shelves], [0, 1, 1, 1, 4, 5]);
    assert.equal(monthAt(model, (model.monthTops[3] ?? 0) + 60), 1);
    assert.equal(partAt(model, (model.monthTops[3] ?? 0) + 60), model.firstPart[1]);
    assert.equal(monthAt(model, (model.monthTops[4] ?? 0) + 900), 4);
    assert.equal(partAt(model, heightOf(model)), partsOf(model) - 1);
  });

  it("begin a shelf where the page from the server began", () => {
    assert.deepEqual([...library([1, 1, 1, 1]).shelves], [0, 0, 0, 0]);
    assert.deepEqual([...library([1, 1, 1, 1], 24_298).shelves], [0, 0, 2, 2]);
  });

  it("take as much room before their pictures are known as after", () => {
    const counts = Array.from({ length: 60 }, (_, n) => 1 + (n % 2));
    const known = library(counts);
    const guessed = library(counts);
    guessed.rows.fill(undefined);
    stack(guessed, frame);
    assert.deepEqual([...guessed.xs], [...known.xs]);
    assert.ok(Math.abs(heightOf(guessed) / heightOf(known) - 1) < 0.05);
  });
});

describe("the scroll space", () => {
  // Ten million pictures at five to a row of 214 pixels, and on a wide screen.
  for (const total of [428_000_000, 1_500_000_000])
    it(`reaches each pixel of ${total / 1e6} million, and none is reached twice`, () => {
      const view = 900;
      const space = spaceOf(total, view);
      assert.equal(space.height, pixelsMax);
      assert.equal(space.toShown(0), 0);
      assert.equal(space.toShown(pixelsMax - view), total - view);
      let before = -1;
      for (let n = 0; n <= 10_000; n++) {
        const shown = ((total - view) * n) / 10_000;
        const scrolled = space.toScrolled(shown);
        assert.ok(scrolled > before && scrolled <= pixelsMax - view);
        assert.ok(Math.abs(space.toShown(scrolled) - shown) < 0.01);
        before = scrolled;
      }
    });

  it("takes small moves as they are and large ones in proportion, so that every row can be reached", () => {
    const space = spaceOf(428_000_000, 900);
    const middle = { shown: space.toShown(4_000_000), scrolled: 4_000_000 };
    const wheel = moved(middle, 4_000_120, space, 3600);
    assert.equal(wheel.shown - middle.shown, 120);
    const dragged = moved(middle, 4_020_000, space, 3600);
    assert.equal(dragged.shown, space.toShown(4_020_000));
    assert.ok(dragged.shown - middle.shown > 1_000_000);
  });

  it("is the plain one for what a browser can scroll by itself", () => {
    const space = spaceOf(5_000_000, 900);
    assert.equal(space.height, 5_000_000);
    assert.equal(space.toShown(1234.5), 1234.5);
  });
});

it("names the month at the top of the window, and on the last stretch every month down to the oldest", () => {
  const [view, total] = [800, 10_000];
  const line = (shown: number): number => namedLine(shown + 80, shown, total - view, view);
  for (const shown of [0, 4000, 8399]) assert.equal(line(shown), shown + 80);
  assert.equal(line(total - view), total);
  let before = 0;
  for (let shown = 0; shown <= total - view; shown += 7) {
    assert.ok(line(shown) > before && line(shown) >= shown + 80 && line(shown) <= total);
    before = line(shown);
  }
});
