import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLocale, directionOf, languageOf, locale, perLocale } from "./locale.ts";

const of = (acceptLanguage?: string, chosen?: string): string => chooseLocale({ chosen, acceptLanguage });

test("a reader is answered in the first language asked for that is spoken here", () => {
  assert.equal(of("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"), "ko-KR");
  assert.equal(of("fr-CH, fr;q=0.9, en-GB;q=0.8, de;q=0.7, *;q=0.5"), "en-GB");
  assert.equal(of("en;q=0.4, ko;q=0.6"), "ko");
  assert.equal(of("ko;q=0, en-AU"), "en-AU");
  assert.equal(of("ja,fr"), "en");
  assert.equal(of(undefined), "en");
});

test("a chosen language wins and keeps the region the browser names for it", () => {
  assert.equal(of("en-GB,ko-KR;q=0.5", "ko"), "ko-KR");
  assert.equal(of("en-GB", "ko"), "ko");
  assert.equal(of("ko,en-GB;q=0.1", "en"), "en-GB");
  assert.equal(of("ko", "tlh"), "ko");
});

test("whatever a header says leads to a locale that exists", () => {
  for (const header of ["en-QQ", "en-u-ca-buddhist", "../../etc", "en;q=abc", ",,;;", "é", "k".repeat(5000)])
    assert.match(of(header), /^(en|ko)(-[A-Z]{2})?$/, header);
  assert.equal(of("en-QQ"), "en");
  assert.equal(of(`${"de,".repeat(100)}ko`), "en", "only the first wishes are read");
});

test("what is made for a locale is made once, and anew for another", () => {
  let made = 0;
  const number = perLocale((tag) => {
    made += 1;
    return new Intl.NumberFormat(tag);
  });
  assert.equal(locale(), "en");
  assert.equal(number().format(1234.5), "1,234.5");
  number();
  globalThis.tintypeLocale = () => "ko";
  number();
  globalThis.tintypeLocale = undefined;
  assert.equal(made, 2);
});

test("languages and their directions are known from their tags", () => {
  assert.equal(languageOf("ko-KR"), "ko");
  assert.equal(languageOf("sv"), "en");
  assert.equal(directionOf("ar-EG"), "rtl");
  assert.equal(directionOf("ko"), "ltr");
});
