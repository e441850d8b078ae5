import assert from "node:assert/strict";
import { it } from "node:test";
import { csvLine } from "./csv.ts";

/** What a spreadsheet makes of a text, by RFC 4180 and with the separator of its language. */
function opened(text: string, separator: string): string[][] {
  const rows: string[][] = [[""]];
  let quoted = false;
  for (let n = 0; n < text.length; n++) {
    const [char = "", row = []] = [text[n], rows.at(-1)];
    const cell = row.length - 1;
    if (quoted && char === '"' && text[n + 1] === '"') {
      row[cell] += '"';
      n += 1;
    } else if (char === '"' && (quoted || row[cell] === "")) quoted = !quoted;
    else if (!quoted && char === separator) row.push("");
    else if (!quoted && /[\r\n]/.test(char)) rows.push([""]);
    else row[cell] += char;
  }
  return rows;
}

const evil = [
  ...["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"].map(
    (sign) => `${sign}HYPERLINK("http://x")`,
  ),
  ..." \t\u00a0\u200b\ufeff\u0000".split("").map((before) => `${before}=1+1`),
  ...[",", ";", "\t", "|", "\r\n", "\n", "\r"].map((between) => `media/a${between}=cmd|' /C calc'!A0`),
  ...['"', '""', '","', '";"', '"\n'].map((between) => `media/a${between}=1+1`),
  '"=1+1"',
  '",=1+1,"',
];

it("no name of an object becomes a formula, a cell or a line of its own, whatever separates cells there", () => {
  for (const name of evil) {
    const line = csvLine(["orphan_original", "adopt", name, "7", "", "a note"]);
    const [row = [], ...more] = opened(line, ",");
    assert.equal(row.length, 6, JSON.stringify(name));
    assert.deepEqual(more, []);
    assert.equal(
      row[2]?.replaceAll("'", ""),
      name.replaceAll("'", ""),
      "all else is there, letter by letter",
    );
    for (const separator of [",", ";", "\t", "|"])
      for (const cell of opened(line, separator).flat())
        assert.doesNotMatch(
          cell,
          /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u,
          JSON.stringify([name, separator, line]),
        );
  }
});

it("what is harmless stays as it is", () => {
  assert.equal(csvLine(["media/2024/a b-c=d.jpg", "", "1"]), "media/2024/a b-c=d.jpg,,1");
});
