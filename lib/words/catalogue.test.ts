import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { createTranslator } from "use-intl/core";
import { languages } from "../locale.ts";
import { words } from "../words.ts";

const folder = import.meta.dirname;
const parts = globSync("en/*.json", { cwd: folder }).map((file) => path.basename(file, ".json"));

/** Key → sentence, with dots between the levels. */
function sentences(language: string, part: string): Map<string, string> {
  const flat = new Map<string, string>();
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "string") flat.set(key, value);
    else if (typeof value === "object" && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(inner, key === "" ? name : `${key}.${name}`);
  };
  walk(JSON.parse(readFileSync(path.join(folder, language, `${part}.json`), "utf8")), "");
  return flat;
}

/** What a sentence takes: every argument's name, those whose value it shows, and the choices of each select. */
type Taken = { names: Set<string>; shown: Set<string>; choices: Map<string, string[]> };

/** Reads ICU syntax as far as the catalogue uses it. */
function argumentsOf(message: string): Taken {
  const taken: Taken = { names: new Set(), shown: new Set(), choices: new Map() };
  let at = 0;
  const take = (pattern: RegExp): string => {
    const found = new RegExp(pattern.source, "y");
    found.lastIndex = at;
    const text = found.exec(message)?.[0] ?? "";
    at += text.length;
    return text;
  };
  const readArgument = (): void => {
    const name = take(/\w+/);
    taken.names.add(name);
    take(/\s*,?\s*/);
    const kind = take(/\w+/);
    if (kind !== "plural" && kind !== "select" && kind !== "selectordinal") {
      taken.shown.add(name);
      take(/[^}]*/);
      return;
    }
    take(/\s*,\s*/);
    const choices: string[] = [];
    while (message[at] !== "}" && at < message.length) {
      choices.push(take(/[^\s{}]+/));
      take(/\s*\{/);
      readMessage(kind === "select" ? undefined : name);
      take(/\}\s*/);
    }
    if (kind === "select") taken.choices.set(name, choices.sort());
  };
  const readMessage = (counted: string | undefined): void => {
    while (at < message.length && message[at] !== "}") {
      const char = message[at];
      at += 1;
      if (char === "#" && counted !== undefined) taken.shown.add(counted);
      if (char !== "{") continue;
      readArgument();
      take(/\s*\}/);
    }
  };
  readMessage(undefined);
  return taken;
}

/** Names that are written the same everywhere. */
const sameEverywhere = /^(shared\.name|account\.setupCommand)$/;

function problemsOf(part: string, language: string): string[] {
  const english = sentences("en", part);
  const own = sentences(language, part);
  const problems: string[] = [];
  for (const key of english.keys()) if (!own.has(key)) problems.push(`${part}.${key} is missing`);
  for (const [key, text] of own) {
    const model = english.get(key);
    if (model === undefined) {
      problems.push(`${part}.${key} is superfluous`);
      continue;
    }
    if (
      text === model &&
      /[a-z]{4}/.test(text.replaceAll(/\{[^{}]*\}/g, "")) &&
      !sameEverywhere.test(`${part}.${key}`)
    )
      problems.push(`${part}.${key} is not translated`);
    const [wanted, given] = [argumentsOf(model), argumentsOf(text)];
    for (const name of wanted.shown)
      if (!given.shown.has(name)) problems.push(`${part}.${key} does not show {${name}}`);
    for (const name of given.names)
      if (!wanted.names.has(name)) problems.push(`${part}.${key} takes {${name}}, which nobody gives`);
    for (const [name, choices] of given.choices)
      if (choices.join() !== wanted.choices.get(name)?.join())
        problems.push(`${part}.${key} knows other choices of {${name}}`);
  }
  return problems;
}

for (const language of languages)
  if (language !== "en")
    test(`every text is there in “${language}”, with the same values in it`, () => {
      assert.deepEqual(
        parts.flatMap((part) => problemsOf(part, language)),
        [],
      );
    });

test("every sentence of every language can be put together", () => {
  const wrong: string[] = [];
  for (const language of languages)
    for (const part of parts)
      for (const [key, text] of sentences(language, part)) {
        const { names, choices } = argumentsOf(text);
        const values = Object.fromEntries([...names].map((name) => [name, choices.get(name)?.[0] ?? 3]));
        const translate = createTranslator({
          locale: language,
          messages: { text },
          onError: (error) => wrong.push(`${language}/${part}.${key}: ${error.message}`),
        });
        if (/\{\w*\}/.test(translate("text", values))) wrong.push(`${language}/${part}.${key} shows braces`);
      }
  assert.deepEqual(wrong, []);
});

/** Words for the same thing that are not used beside each other; what carries the other word in its name keeps it. */
const oneWord = {
  en: { never: /\bphotos?\b/i, save: /photo library|Live Photos?|Motion Photos?/g },
  ko: { never: /이미지|포토|그림/, save: /라이브 포토|모션 포토/g },
};

test("a picture is called by one word in every sentence of a language", () => {
  const others = languages.flatMap((language) =>
    parts.flatMap((part) =>
      [...sentences(language, part)]
        .filter(([, text]) => oneWord[language].never.test(text.replaceAll(oneWord[language].save, "")))
        .map(([key, text]) => `${language}/${part}.${key}: ${text}`),
    ),
  );
  assert.deepEqual(others, []);
});

test("a text is read in the language of the request it is asked for in", () => {
  const w = words("shared");
  const asked = ["en", "ko-KR", "en-GB"].map((tag) => {
    globalThis.tintypeLocale = () => tag;
    return w("signIn");
  });
  globalThis.tintypeLocale = undefined;
  assert.deepEqual(asked, ["Sign in", "로그인", "Sign in"]);
  assert.equal(w("signIn"), "Sign in");
});
