/** Drizzle deletes every row of a table when a condition turns out to be undefined, and says nothing. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const root = path.join(import.meta.dirname, "..");

/** The statements of a file that delete or change rows, each up to its end. */
function* changesIn(text: string): Generator<string> {
  for (const { index } of text.matchAll(/\.(?:delete|update)\(\s*(?:schema\.)?[a-z]\w*\s*\)\s*(?=\.)/gi)) {
    let depth = 0;
    for (let at = index; at < text.length; at++) {
      const sign = text[at] ?? "";
      if ("([{".includes(sign)) depth += 1;
      if (")]}".includes(sign)) depth -= 1;
      if (depth < 0 || (depth === 0 && (sign === ";" || sign === ","))) {
        yield text.slice(index, at);
        break;
      }
    }
  }
}

/** Conditions that are there whatever is asked: the first of them stands in the statement itself. */
const certain = /\.where\(\s*(?:and\(\s*)?(?:(?:eq|ne|lt|gt|lte|gte|inArray|isNull|isNotNull)\(|sql`)/;
/** A constant of the file, or a function of it, that is such a condition. */
const named = /\.where\(\s*(?:and\(\s*)?([a-z]\w*)\b/i;
const isCertain = (text: string, name: string): boolean =>
  new RegExp(
    `\\bconst ${name} =\\s*(?:\\([^;]*?\\)(?::[^=]*)? =>\\s*)?(?:and|or|eq|lt|gt|inArray|isNull|sql)[(\`]`,
  ).test(text);

test("no statement deletes or changes rows without a condition that is always there (A-53)", () => {
  const files = globSync("db/queries/*.ts", { cwd: root }).filter((file) => !/test/.test(file));
  let found = 0;
  for (const file of files) {
    const text = readFileSync(path.join(root, file), "utf8");
    for (const change of changesIn(text)) {
      if (change.startsWith(".update") && !change.includes(".set(")) continue;
      found += 1;
      const name = named.exec(change)?.[1];
      const says = certain.test(change) || (name !== undefined && isCertain(text, name));
      assert.ok(says, `${file}: ${change.replace(/\s+/g, " ").slice(0, 200)}`);
    }
  }
  assert.ok(found > 50, `${found} statements were found`);
});
