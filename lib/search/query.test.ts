import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Clause,
  clausesMax,
  lackable,
  measures,
  names,
  orientations,
  parseQuery,
  queryCharsMax,
  searchHref,
  states,
  typeNames,
  writeQuery,
} from "./query.ts";

const read = (text: string): Clause[] => {
  const { clauses, problems } = parseQuery(text);
  assert.deepEqual(problems, [], text);
  return clauses;
};
const trouble = (text: string): string[] => parseQuery(text).problems.map(({ code }) => code);

describe("what people type into the search box", () => {
  it("takes words, exact words, dates and filters together", () => {
    assert.deepEqual(
      read('beach tag:family camera:"Fuji X-T4" 2019..2021 rating:>=4 -tag:screenshot is:favourite no:alt'),
      [
        { kind: "word", text: "beach", not: false },
        { kind: "tag", name: "family", not: false },
        { kind: "camera", name: "Fuji X-T4", not: false },
        { kind: "date", from: "2019-01-01", to: "2021-12-31", not: false },
        { kind: "rating", min: 4, not: false },
        { kind: "tag", name: "screenshot", not: true },
        { kind: "is", state: "favourite", not: false },
        { kind: "no", what: "alt", not: false },
      ],
    );
    assert.deepEqual(read("orientation:portrait color:#369 type:gif,png size:>12mp"), [
      { kind: "orientation", values: ["portrait"], not: false },
      { kind: "color", color: "#336699", not: false },
      { kind: "type", values: ["png", "gif"], not: false },
      { kind: "size", min: 12.01, not: false },
    ]);
  });
  it("knows years, months, days and ranges that are open at an end", () => {
    for (const [text, from, to] of [
      ["2019", "2019-01-01", "2019-12-31"],
      ["2020-02", "2020-02-01", "2020-02-29"],
      ["2019-7-3", "2019-07-03", "2019-07-03"],
      ["2019-07..", "2019-07-01", undefined],
      ["..2020", undefined, "2020-12-31"],
      ["date:>2019", "2020-01-01", undefined],
      ["date:<=2019-06", undefined, "2019-06-30"],
    ] as const)
      assert.deepEqual(
        read(text),
        [{ kind: "date", ...(from ? { from } : {}), ...(to ? { to } : {}), not: false }],
        text,
      );
  });
  it("takes a number that is no year, and anything in quotes, as words", () => {
    assert.deepEqual(read("1234 0042 IMG_2019"), [
      { kind: "word", text: "1234", not: false },
      { kind: "word", text: "0042", not: false },
      { kind: "word", text: "IMG_2019", not: false },
    ]);
    assert.deepEqual(read('"2019" "is:public"'), [
      { kind: "word", text: "2019", not: false },
      { kind: "word", text: "is:public", not: false },
    ]);
  });
  it("takes Korean, Japanese and typographic quotes", () => {
    assert.deepEqual(read('바다 tag:"여름 휴가" “海 辺”'), [
      { kind: "word", text: "바다", not: false },
      { kind: "tag", name: "여름 휴가", not: false },
      { kind: "word", text: "海 辺", not: false },
    ]);
  });
  it("says of each part it cannot mean what is wrong with it", () => {
    for (const [text, code] of [
      ['"open', "open_quote"],
      ["colr:red", "unknown_filter"],
      ["tag:", "empty_value"],
      ["-", "empty_value"],
      ["rating:9", "bad_value"],
      ["rating:2.5", "bad_value"],
      ["type:psd", "bad_value"],
      ["is:nice", "bad_value"],
      ["color:#12", "bad_value"],
      ["near:91,0", "bad_value"],
      ["on:02-30", "bad_value"],
      ["2019-13", "bad_date"],
      ["date:yesterday", "bad_date"],
      ["2021..2019", "backwards"],
      ["rating:5..2", "backwards"],
      ["rating:>5", "bad_value"],
      ["!!!", "no_letters"],
      ["tag:???", "no_letters"],
      ["beach -beach", "contradiction"],
      ["no:alt has:alt", "contradiction"],
      ["x".repeat(queryCharsMax + 1), "too_long"],
      [Array.from({ length: clausesMax + 1 }, (_, n) => `w${n}`).join(" "), "too_many"],
    ] as const)
      assert.deepEqual(trouble(text), [code], text);
  });
  it("keeps what it understood beside what it did not", () => {
    const { clauses, problems } = parseQuery("beach foo:bar 2019");
    assert.deepEqual(
      clauses.map(({ kind }) => kind),
      ["word", "date"],
    );
    assert.deepEqual(problems, [{ code: "unknown_filter", part: "foo:bar", filter: "foo" }]);
  });
  it("puts a query into an address", () => {
    assert.equal(searchHref("tag:a b&c"), "/search?q=tag%3Aa+b%26c");
    assert.equal(searchHref(""), "/search");
  });
});

/** Small and repeatable: a failure names its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return (state >>> 8) % below;
  };
}

const alphabet = [
  "a",
  "B",
  "é",
  "바",
  "海",
  "7",
  "-",
  ":",
  ",",
  " ",
  ".",
  "2019",
  "<",
  "#",
  "is:",
  "\\",
  "'",
  "한",
];

function randomClause(next: (below: number) => number): Clause {
  const one = <T>(all: readonly T[]): T => all[next(all.length)] as T;
  const not = next(3) === 0;
  const text = `x${Array.from({ length: next(6) }, () => one(alphabet)).join("")}`
    .replace(/\s+/g, " ")
    .trim();
  const [low, high] = [next(3), 3 + next(3)];
  const span = one([{ min: low }, { max: high }, { min: low, max: high }, { min: low, max: low }]);
  switch (next(9)) {
    case 0:
      return { kind: one(names), name: text, not };
    case 1: {
      const year = 1900 + next(200);
      const from = `${year}-${one(["01-01", "02-01", "12-31", "07-09"])}`;
      const to = `${year + next(3)}-12-31`;
      return { kind: "date", ...one([{ from }, { to }, { from, to }, { from, to: from }]), not };
    }
    case 2:
      return { kind: one(measures), ...span, not };
    case 3: {
      const some = typeNames.filter(() => next(3) === 0);
      return { kind: "type", values: some.length === 0 ? ["gif"] : some, not };
    }
    case 4:
      return { kind: "orientation", values: [one(orientations)], not };
    case 5:
      return { kind: "color", color: `#${next(0x1000000).toString(16).padStart(6, "0")}`, not };
    case 6:
      return one<Clause>([
        { kind: "is", state: one(states), not },
        { kind: "no", what: one(lackable), not },
      ]);
    case 7:
      return one<Clause>([
        {
          kind: "near",
          latitude: next(1800) / 10 - 90,
          longitude: next(3600) / 10 - 180,
          km: 1 + next(100),
          not,
        },
        { kind: "on", month: 1 + next(12), day: 1 + next(28), not },
      ]);
    default:
      return { kind: "word", text, not };
  }
}

describe("every query there is", () => {
  it("reads again what it wrote, whatever the clauses are", () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const next = randomFrom(seed);
      const clauses: Clause[] = [];
      const kept = new Set<string>();
      for (let n = 0; n <= next(5); n++) {
        const clause = randomClause(next);
        const written = writeQuery([{ ...clause, not: false }]);
        if (!kept.has(written)) clauses.push(clause);
        kept.add(written);
      }
      const text = writeQuery(clauses);
      const again = parseQuery(text);
      assert.deepEqual(again, { clauses, problems: [] }, `seed ${seed}: ${text}`);
      assert.equal(writeQuery(again.clauses), text, `seed ${seed}`);
    }
  });
  it("never throws, whatever is typed, and what it understood it can read again", () => {
    const parts = [
      ...alphabet,
      '"',
      "“",
      "-",
      "tag:",
      "rating:",
      ">=",
      "..",
      "\0",
      "\ud800",
      "color:",
      "near:",
      "2019-02-30",
    ];
    for (let seed = 1; seed <= 3_000; seed++) {
      const next = randomFrom(seed * 7);
      const text = Array.from({ length: next(14) }, () => parts[next(parts.length)]).join("");
      const { clauses } = parseQuery(text);
      if (parseQuery(text).problems.some(({ code }) => code === "contradiction")) continue;
      assert.deepEqual(parseQuery(writeQuery(clauses)), { clauses, problems: [] }, `seed ${seed}: ${text}`);
    }
  });
});
