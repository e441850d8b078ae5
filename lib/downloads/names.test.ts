import assert from "node:assert/strict";
import { test } from "node:test";
import { Names, safeName } from "./names.ts";

test("a name that tries to be a path, a device or another file is harmless everywhere (A-19, A-20, A-21)", () => {
  for (const [text, safe] of [
    ["../../etc/passwd", "etc passwd"],
    ["..\\..\\windows", "windows"],
    ["/absolute", "absolute"],
    ["C:\\x", "C x"],
    ["CON", "_CON"],
    ["com1.txt", "_com1.txt"],
    ["nul ", "_nul"],
    ["a\u202egpj.exe", "a gpj.exe"],
    ["tab\there\r\nline", "tab here line"],
    ["ends in dots...", "ends in dots"],
    ['what? <is> "this" | *', "what is this"],
    [".htaccess", "htaccess"],
    ["제주 📷", "제주 📷"],
    ["\ud800", "\ufffd"],
    ["", "picture"],
    ["...", "picture"],
    [" \u200b ", "picture"],
  ] as const)
    assert.equal(safeName(text), safe, JSON.stringify(text));
});

test("a long name is cut between characters, within what file systems take", () => {
  const name = safeName("한".repeat(500));
  assert.match(name, /^한+$/);
  assert.ok(Buffer.byteLength(name) <= 180);
});

test("no two files of an archive have one name, also where case and accents are not told apart", () => {
  const names = new Names();
  const got = [
    names.take([], "IMG_1.JPG"),
    names.take([], "img_1.jpg"),
    names.take([], "IMG_1 (2).jpg"),
    names.take([], "IMG_1.JPG"),
    names.take([], "caf\u00e9.jpg"),
    names.take([], "cafe\u0301.jpg"),
    names.take(["Jeju", "../Day 1"], "IMG_1.jpg"),
    names.take(["jeju", "Day 1"], "img_1.jpg"),
  ];
  assert.deepEqual(got, [
    "IMG_1.jpg",
    "img_1 (2).jpg",
    "IMG_1 (2) (2).jpg",
    "IMG_1 (3).jpg",
    "café.jpg",
    "café (2).jpg",
    "Jeju/Day 1/IMG_1.jpg",
    "jeju/Day 1/img_1 (2).jpg",
  ]);
  assert.equal(new Set(got.map((name) => name.normalize("NFKC").toLowerCase())).size, got.length);
});

test("a hundred thousand files of one name are named in a moment, each its own", () => {
  const names = new Names();
  const all = new Set(Array.from({ length: 100_000 }, () => names.take([], "IMG_0001.JPG")));
  assert.equal(all.size, 100_000);
});
