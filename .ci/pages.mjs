/**
 * What a page must not say in its source: sides of the screen, which are the other way round where people write from
 * right to left; sentences, which belong to the catalogue; and words asked for while a module is being loaded, when
 * nobody knows who will read them. Prints one line a find and exits 1.
 */
import { globSync, readFileSync } from "node:fs";
import { transformSync } from "esbuild";

const problems = [];
const find = (file, source, pattern, say) => {
  for (const match of source.matchAll(pattern))
    problems.push(`${file}:${source.slice(0, match.index).split("\n").length} ${say(match)}`);
};

/** Tailwind's classes for one side, and what to write instead. */
const sides =
  /(?<![\w/.-])-?(?:(?:left|right|ml|mr|pl|pr|scroll-m[lr]|scroll-p[lr]|rounded-[lr]|rounded-[tb][lr]|border-[lr])-[\w[./]+|text-left|text-right|float-left|float-right|border-[lr]|rounded-[lr])(?![\w-])/g;
const strings = /(?:className|class)=(?:"[^"]*"|\{(?:[^{}]|\{[^{}]*\})*\})|(?:"[^"\n]*"|`[^`]*`)/g;
const cssSides =
  /(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right)\s*:|text-align:\s*(?:left|right)\b|float:\s*(?:left|right)\b/g;

/** Text between tags; code, keys and names of formats are the same in every language. */
const between = /<(\w+)(?![^<>]*\bfont-mono\b)[^<>]*(?<!=)>\s*([^<>{}]*\b[A-Za-z]{3,}[^<>{}]*?)\s*<\/\1>/g;
const spoken = /\b(?:aria-label|aria-description|alt|title|placeholder|label)="([^"]*[A-Za-z]{2}[^"]*)"/g;
const notSpoken = new Set(["code", "kbd", "style", "samp"]);

/** esbuild writes each statement of a module at the beginning of a line. */
function wordsWhileLoading(file, source) {
  const { code } = transformSync(source, {
    loader: file.endsWith("x") ? "tsx" : "ts",
    format: "esm",
    jsx: "automatic",
  });
  for (const statement of code.split(/\n(?=[^\s})\]])/)) {
    if (!/^(export )?(const|let|var) /.test(statement) || /=>|\bfunction\b|\bget \w+\(/.test(statement))
      continue;
    if (/(?<![\w.])w\d?\("|words\("\w+"\)\("|new Intl\.\w+\(locale\(\)/.test(statement))
      problems.push(`${file} asks for words while it is loaded: ${statement.split("\n")[0]}`);
  }
}

for (const file of globSync("app/**/*.{ts,tsx}").sort()) {
  if (/\.test\.tsx?$/.test(file)) continue;
  const source = readFileSync(file, "utf8");
  for (const text of source.matchAll(strings))
    for (const side of text[0].matchAll(sides))
      problems.push(
        `${file}:${source.slice(0, text.index + side.index).split("\n").length} ${side[0]} is one side of the screen: use start and end (ms-, me-, ps-, pe-, start-, end-, text-start, text-end).`,
      );
  if (file.endsWith(".tsx")) {
    find(file, source, between, ([, tag, text]) =>
      notSpoken.has(tag) ? "" : `says “${text}”: put it into lib/words.`,
    );
    find(file, source, spoken, ([all]) => `says ${all}: put it into lib/words.`);
  }
  wordsWhileLoading(file, source);
}
for (const file of globSync("app/**/*.css").sort())
  find(
    file,
    readFileSync(file, "utf8"),
    cssSides,
    ([text]) => `${text} is one side of the screen: use its logical name.`,
  );

const told = [...new Set(problems)].filter((problem) => !problem.endsWith(" "));
for (const problem of told) console.error(problem);
if (told.length > 0) process.exitCode = 1;
else console.log("Pages name no sides and hold no sentences.");
