import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { downloadName } from "./media.ts";
import { beginFileShape, filenameShape } from "./uploads/asked.ts";

const named = (name: string): string | undefined => filenameShape.safeParse(name).data;

describe("file names (R-11, A-19, A-21, A-22)", () => {
  it("lose everything that could reorder or hide what a person reads", () => {
    for (const mark of [
      "\u061c",
      "\u200e",
      "\u200f",
      "\u202a",
      "\u202b",
      "\u202c",
      "\u202d",
      "\u202e",
      "\u2066",
      "\u2067",
      "\u2068",
      "\u2069",
      "\r\n",
      "\u0007",
      "\u0085",
    ])
      assert.equal(named(`a${mark}gpj.exe`), "agpj.exe", escape(mark));
  });
  it("are the last part of a path, composed, and well formed", () => {
    assert.equal(named("../../etc/passwd"), "passwd");
    assert.equal(named("C:\\photos\\a.jpg"), "a.jpg");
    assert.equal(named("e\u0301.jpg"), "\u00e9.jpg");
    assert.equal(named("\ud800.jpg"), "\ufffd.jpg");
    assert.equal(named("제주 📷.jpg"), "제주 📷.jpg");
  });
  it("must show something, and fit", () => {
    for (const name of ["", " ", "\u200b\u200d", "/", "\u202e"])
      assert.equal(named(name), undefined, escape(name));
    assert.equal(named("a\0.jpg"), undefined);
    assert.equal(named("x".repeat(256)), undefined);
    assert.equal(named("📷".repeat(255))?.length, 510);
  });
});

describe("the file's own date", () => {
  const file = {
    clientToken: crypto.randomUUID(),
    filename: "a.jpg",
    bytes: 1,
    mime: "",
    sha256: "0".repeat(64),
  };
  it("is forgotten when no photograph can have it, and the file is taken all the same", () => {
    for (const lastModified of [8.64e15, 2.5e14, Date.UTC(1700, 0, 1), Date.now() + 3 * 86_400_000])
      assert.equal(beginFileShape.parse({ ...file, lastModified }).lastModified, undefined);
    assert.equal(beginFileShape.parse({ ...file, lastModified: 1e12 }).lastModified, 1e12);
    assert.equal(beginFileShape.parse(file).lastModified, undefined);
  });
});

describe("the name of a download", () => {
  it("keeps what a person called it and ends as its bytes are (R-43)", () => {
    const named = (name: string): string => downloadName(name, "image/jpeg");
    assert.equal(named("IMG_0001.JPG"), "IMG_0001.JPG");
    assert.equal(named("여름 휴가.jpeg"), "여름 휴가.jpeg");
    assert.equal(named("scan.png"), "scan.jpg");
    assert.equal(named("no-ending"), "no-ending.jpg");
    assert.equal(named("v1.2 final"), "v1.2 final.jpg");
    assert.equal(named("page.html"), "page.html.jpg");
    assert.equal(named(".jpg"), ".jpg.jpg");
  });
});
