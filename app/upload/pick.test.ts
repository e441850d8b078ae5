import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.ts";
import { fromEntry, type Picked, pickFromFiles } from "./pick.ts";

async function all(stream: AsyncIterable<Picked>): Promise<Picked[]> {
  const list: Picked[] = [];
  for await (const one of stream) list.push(one);
  return list;
}

const file = (name: string): FileSystemEntry =>
  ({
    isFile: true,
    isDirectory: false,
    name,
    file: (resolve: (file: File) => void) => resolve(new File(["x"], name)),
  }) as FileSystemEntry & { file: unknown };

/** Answers like a browser: at most a hundred at a time, then none. */
const folder = (name: string, children: FileSystemEntry[]): FileSystemEntry =>
  ({
    isFile: false,
    isDirectory: true,
    name,
    createReader: () => {
      const left = [...children];
      return { readEntries: (resolve: (some: FileSystemEntry[]) => void) => resolve(left.splice(0, 100)) };
    },
  }) as FileSystemEntry & { createReader: unknown };

test("a folder of more than a hundred files and its subfolders are read to the end, with their paths", async () => {
  const inner = folder(
    "inner",
    Array.from({ length: 130 }, (_, n) => file(`b${n}.jpg`)),
  );
  const outer = folder("outer", [...Array.from({ length: 250 }, (_, n) => file(`a${n}.jpg`)), inner]);
  const picked = await all(fromEntry(outer, ""));
  assert.equal(picked.length, 380);
  assert.deepEqual(new Set(picked.map((one) => one.folder)), new Set(["outer", "outer/inner"]));
});

test("what systems leave behind is passed over in silence", async () => {
  const outer = folder("outer", [
    file(".DS_Store"),
    file("Thumbs.db"),
    file("desktop.ini"),
    file("._IMG_1.jpg"),
    folder("@eaDir", [file("IMG_1.jpg")]),
    folder(".thumbnails", [file("IMG_1.jpg")]),
    file("IMG_1.jpg"),
  ]);
  const picked = await all(fromEntry(outer, ""));
  assert.deepEqual(
    picked.map((one) => one.file.name),
    ["IMG_1.jpg"],
  );
});

test("files of a chosen folder keep the folder they lay in", async () => {
  const chosen = new File(["x"], "a.jpg");
  Object.defineProperty(chosen, "webkitRelativePath", { value: "trip/day 1/a.jpg" });
  const [one] = await all(pickFromFiles([chosen]));
  assert.equal(one?.folder, "trip/day 1");
});

const most = { bytesMax: 10, videoBytesMax: 1_000 };

test("the type is the browser's where it is one of ours, and open where nobody knows it (R-11)", () => {
  const at = (name: string, type: string) => judge({ name, type, size: 1 }, most);
  assert.deepEqual(at("a.jpg", "image/jpeg"), { mime: "image/jpeg" });
  assert.deepEqual(at("a.jpg", "image/pjpeg"), { mime: "image/jpeg" });
  assert.deepEqual(at("a.avif", ""), { mime: "image/avif" });
  assert.deepEqual(at("IMG_1.MOV", ""), { mime: "video/quicktime" });
  assert.deepEqual(at("a.webm", "video/webm;codecs=vp9"), { mime: "video/webm" });
  assert.deepEqual(at("IMG_1.HEIC", ""), { mime: "image/heic" });
  assert.deepEqual(at("a.heif", "image/heif"), { mime: "image/heic" });
  assert.deepEqual(at("picture", ""), { mime: "" });
  assert.deepEqual(at("clipboard", "application/octet-stream"), { mime: "" });
});

test("each kind of file that cannot be taken has its own reason", () => {
  const why = (name: string, type: string, size = 1) => judge({ name, type, size }, most).refused;
  assert.deepEqual(why("a.NEF", ""), { code: "raw" });
  assert.deepEqual(why("a.avi", ""), { code: "video" });
  assert.deepEqual(why("a.mov", "video/quicktime", 1_001), { code: "too_large" });
  assert.deepEqual(why("a.svg", "image/svg+xml"), { code: "not_a_picture" });
  assert.deepEqual(why("a.xmp", ""), { code: "not_a_picture" });
  assert.deepEqual(why("a.png", "image/png", 0), { code: "empty" });
  assert.deepEqual(why("a.png", "image/png", 11), { code: "too_large" });
  assert.deepEqual(why(`${"a".repeat(260)}.png`, "image/png"), { code: "bad_name" });
});
