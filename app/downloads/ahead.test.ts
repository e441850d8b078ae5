import assert from "node:assert/strict";
import { test } from "node:test";
import type { DownloadFile } from "#lib/downloads/shapes.ts";
import { Ahead } from "./ahead.ts";

const file = (id: string, bytes: number | undefined = 1): DownloadFile => ({
  id,
  folder: [],
  name: `${id}.jpg`,
  bytes,
  sha256: undefined,
  title: "",
  taken: "2026-05-17T18:42:10.000Z",
});

async function* listed(files: DownloadFile[]): AsyncGenerator<DownloadFile> {
  yield* files;
}

/** Reads that end when the test says so, and the ids of those that have begun. */
function readings() {
  const begun: string[] = [];
  const ends = new Map<string, (answer: string | Error) => void>();
  const read = (one: DownloadFile): Promise<string> => {
    begun.push(one.id);
    return new Promise((resolve, reject) => {
      ends.set(one.id, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  };
  return { begun, read, end: (id: string, answer: string | Error) => ends.get(id)?.(answer) };
}

test("the next files are read while one waits for its turn, and come in their order however they end", async () => {
  const { begun, read, end } = readings();
  const ahead = new Ahead(listed(["a", "b", "c", "d", "e", "f"].map((id) => file(id))), read, () => true);
  const first = await ahead.take();
  await ahead.peek();
  assert.equal(first?.file.id, "a");
  assert.deepEqual(begun.slice(0, 4), ["a", "b", "c", "d"]);
  end("b", "B");
  end("a", "A");
  assert.equal(await first?.read, "A");
  const second = await ahead.take();
  assert.deepEqual([second?.file.id, await second?.read], ["b", "B"]);
});

test("what waits in memory is bounded: no more than four files, none that is too large for the room left", async () => {
  const { begun, read } = readings();
  const many = Array.from({ length: 50 }, (_, n) => file(String(n)));
  const ahead = new Ahead(listed(many), read, () => true);
  await ahead.peek();
  assert.deepEqual(begun, ["0", "1", "2", "3"]);
  const big = readings();
  const mebibyte = 1024 ** 2;
  const large = new Ahead(
    listed([file("a", 60 * mebibyte), file("b", 60 * mebibyte), file("c", 10)]),
    big.read,
    () => true,
  );
  await large.peek();
  assert.deepEqual(big.begun, ["a"]);
  await large.take();
  await large.peek();
  assert.deepEqual(big.begun, ["a", "b", "c"]);
});

test("a file that is too large to hold is left to whoever takes it, and those after it are read", async () => {
  const { begun, read } = readings();
  const ahead = new Ahead(listed([file("a", 900), file("b")]), read, ({ bytes }) => bytes === 1);
  await ahead.peek();
  assert.deepEqual(begun, ["b"]);
  assert.deepEqual(await ahead.take(), { file: file("a", 900), read: undefined });
});

test("what went wrong before its turn is told at its turn, and not before", async () => {
  const { read, end } = readings();
  const ahead = new Ahead(listed([file("a"), file("b")]), read, () => true);
  const first = await ahead.take();
  await ahead.peek();
  end("b", new Error("broken"));
  end("a", "A");
  assert.equal(await first?.read, "A");
  const second = await ahead.take();
  await assert.rejects(Promise.resolve(second?.read), /broken/);
  assert.equal(await ahead.take(), undefined);
});

test("a list that cannot be asked for any further is told once all before it was taken", async () => {
  async function* ends(): AsyncGenerator<DownloadFile> {
    yield file("a");
    throw new Error("the link was withdrawn");
  }
  const { read, end } = readings();
  const ahead = new Ahead(ends(), read, () => true);
  const first = await ahead.take();
  assert.equal(first?.file.id, "a");
  end("a", "A");
  await assert.rejects(ahead.peek(), /withdrawn/);
});
