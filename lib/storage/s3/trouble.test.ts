import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { after, before, describe, it } from "node:test";
import type { BucketSettings } from "#lib/env.ts";
import { type TestStore, testStore } from "#lib/testing.ts";
import { inFrontOf, type Trouble } from "../in-front.ts";
import { type Storage, StorageError } from "../port.ts";
import { openStorage } from "../s3.ts";

const mebi = 1024 ** 2;
const type = "image/jpeg";
const errorXml = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
const is = (code: StorageError["code"]) => (error: unknown) =>
  error instanceof StorageError && error.code === code;

describe("over a network that fails", () => {
  let store: TestStore;
  before(async () => {
    store = await testStore();
  });
  after(() => store.close());

  /** A storage whose requests pass by `meddle`; `asked` collects "METHOD path" of each. */
  async function troubled(
    meddle: (asked: IncomingMessage, nth: number) => Trouble,
    work: (storage: Storage, asked: string[]) => Promise<void>,
    more: Partial<BucketSettings> = {},
  ): Promise<void> {
    const asked: string[] = [];
    const between = await inFrontOf(store.bucket.endpoint ?? "", (one) => {
      asked.push(`${one.method} ${one.url}${one.headers.range === undefined ? "" : ` ${one.headers.range}`}`);
      return meddle(one, asked.length);
    });
    const storage = openStorage(
      { ...store.bucket, ...more, endpoint: between.url, publicEndpoint: between.url },
      { limits: { partBytes: 5 * mebi, copyBytesMax: 5 * mebi } },
    );
    try {
      await work(storage, asked);
    } finally {
      storage.close();
      await between.close();
    }
  }

  async function collected(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  it("a body that is cut off is asked for again from there, and arrives whole", async () => {
    const body = randomBytes(3 * mebi);
    await store.storage.put("cut/1", body, { contentType: type });
    const cutTwice = (_: IncomingMessage, nth: number): Trouble =>
      nth <= 2 ? { cutAnswerAfter: mebi } : undefined;
    await troubled(cutTwice, async (storage, asked) => {
      const read = await storage.read("cut/1");
      assert.ok((await collected(read?.body ?? assert.fail())).equals(body));
      assert.equal(asked.length, 3);
      assert.match(asked[1] ?? "", /bytes=\d+-3145727$/);
    });
    await troubled(cutTwice, async (storage) => {
      const got = await storage.get("cut/1", { bytesMax: body.length, range: { start: 10 } });
      assert.ok(got?.body.equals(body.subarray(10)));
    });
  });

  it("a body that never comes further is given up as unavailable (R-33)", async () => {
    await store.storage.put("cut/2", randomBytes(mebi), { contentType: type });
    await troubled(
      () => ({ cutAnswerAfter: 1000 }),
      async (storage, asked) => {
        const read = await storage.read("cut/2");
        await assert.rejects(collected(read?.body ?? assert.fail()), is("unavailable"));
        assert.equal(asked.length, 4);
      },
    );
  });

  for (const bytes of [1000, 200_000, 3 * mebi])
    it(`a body of ${bytes} bytes that are not those that were stored is refused, and says why`, async () => {
      const body = randomBytes(bytes);
      const key = `spoilt/${bytes}`;
      let spoilt = 0;
      const spoilOnce = (one: IncomingMessage): Trouble =>
        one.method === "GET" && spoilt++ === 0 ? { spoilAnswer: true } : undefined;
      const told = (error: unknown): boolean =>
        is("unavailable")(error) && /checksum/i.test(error instanceof Error ? error.message : "");
      await troubled(
        spoilOnce,
        async (storage) => {
          await storage.put(key, body, { contentType: type });
          await assert.rejects(storage.get(key, { bytesMax: bytes }), told);
          assert.ok((await storage.get(key, { bytesMax: bytes }))?.body.equals(body));
        },
        { checksums: "when_supported" },
      );
    });

  it("an object that was replaced or removed while it was read is a conflict, never a mixture", async () => {
    for (const change of [
      () => store.storage.put("cut/3", randomBytes(mebi), { contentType: type }),
      () => store.storage.delete("cut/3"),
    ]) {
      await store.storage.put("cut/3", randomBytes(mebi), { contentType: type });
      await troubled(
        (_, nth) => (nth === 1 ? { cutAnswerAfter: 1000 } : undefined),
        async (storage) => {
          const read = await storage.read("cut/3");
          await change();
          await assert.rejects(collected(read?.body ?? assert.fail()), is("conflict"));
        },
      );
    }
  });

  it("a part that fails is sent again, and only that one", async () => {
    const body = randomBytes(11 * mebi);
    let failed = 0;
    const failSecondPart = (one: IncomingMessage): Trouble =>
      one.url?.includes("partNumber=2&") === true && failed++ === 0
        ? { status: 503, body: errorXml("SlowDown") }
        : undefined;
    await troubled(failSecondPart, async (storage, asked) => {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        yield body;
      };
      await storage.put("parts/again", { stream: pieces(), bytes: body.length }, { contentType: type });
      assert.equal(asked.filter((one) => one.includes("partNumber=2&")).length, 2);
      assert.equal(asked.filter((one) => one.includes("partNumber=")).length, 4);
    });
    assert.ok((await store.storage.get("parts/again", { bytesMax: body.length }))?.body.equals(body));
  });

  it("an upload whose last answer was lost is complete all the same", async () => {
    const { multipart } = store.storage;
    const uploadId = await multipart.begin("parts/lost", { contentType: type });
    const part = await multipart.put("parts/lost", uploadId, 1, Buffer.from("x"));
    let lost = 0;
    await troubled(
      (one) => (one.method === "POST" && lost++ === 0 ? { loseAnswer: true } : undefined),
      async (storage, asked) => {
        const done = await storage.multipart.complete("parts/lost", uploadId, [part]);
        assert.equal(done?.etag, (await store.storage.head("parts/lost"))?.etag);
        assert.equal(asked.filter((one) => one.startsWith("POST")).length, 2);
      },
    );
  });

  it("a list that says it goes on and not from where is not taken for the whole (R-33)", async () => {
    const body = `<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`;
    await troubled(
      () => ({ status: 200, body }),
      async (storage) => {
        const keys = async (): Promise<void> => {
          for await (const { key } of storage.list("")) assert.equal(key, "a");
        };
        await assert.rejects(keys(), is("unavailable"));
      },
    );
  });

  for (const [status, code] of [
    [501, "NotImplemented"],
    [405, "MethodNotAllowed"],
    [400, "InvalidRequest"],
    [400, "MissingContentMD5"],
    [411, "MissingContentLength"],
  ] as const)
    it(`where deleting by the thousand is answered ${status} ${code}, objects go one by one (§5.2)`, async () => {
      const keys = Array.from({ length: 30 }, (_, i) => `batch/${i}`);
      for (const key of keys) await store.storage.put(key, Buffer.from("x"), { contentType: type });
      await troubled(
        (one) => (one.method === "POST" ? { status, body: errorXml(code) } : undefined),
        async (storage, asked) => {
          assert.deepEqual(await storage.deleteMany(keys.slice(0, 20)), []);
          assert.deepEqual(await storage.deleteMany(keys.slice(20)), []);
          assert.equal(asked.filter((one) => one.startsWith("POST")).length, 1, "it was asked once");
        },
      );
      for await (const { key } of store.storage.list("batch/")) assert.fail(key);
    });

  it("a list of keys that XML cannot spell goes one by one, and the next list by the thousand again", async () => {
    let times = 0;
    await troubled(
      (one) =>
        one.method === "POST" && times++ === 0 ? { status: 400, body: errorXml("MalformedXML") } : undefined,
      async (storage, asked) => {
        await storage.deleteMany(["odd/1", "odd/2"]);
        await storage.deleteMany(["odd/3"]);
        assert.deepEqual(
          asked.map((one) => one.split(" ")[0]),
          ["POST", "DELETE", "DELETE", "POST"],
        );
      },
    );
  });

  it("objects that the store keeps back come back by name with the reason", async () => {
    const body = `<?xml version="1.0"?><DeleteResult><Error><Key>locked</Key><Code>AccessDenied</Code><Message>no</Message></Error><Error><Key>gone</Key><Code>NoSuchKey</Code></Error><Error><Key>broken</Key><Code>InternalError</Code></Error></DeleteResult>`;
    await troubled(
      () => ({ status: 200, body }),
      async (storage) => {
        const left = await storage.deleteMany(["locked", "gone", "broken"]);
        assert.deepEqual(
          left.map(({ key, error }) => [key, error.code]),
          [
            ["locked", "denied"],
            ["broken", "unavailable"],
          ],
        );
      },
    );
  });

  it("a copy that fails after its answer began is not taken for one that was made", async () => {
    await store.storage.put("copied/1", Buffer.from("x"), { contentType: type });
    await troubled(
      (one) => (one.method === "PUT" ? { status: 200, body: errorXml("InternalError") } : undefined),
      async (storage) => {
        await assert.rejects(storage.copy("copied/1", "copied/2"), is("unavailable"));
        assert.equal(await store.storage.exists("copied/2"), false);
      },
    );
  });

  it("a copy in parts that the store forgot is not taken for a source that is not there (R-33)", async () => {
    await store.storage.put("copied/large", randomBytes(6 * mebi), { contentType: type });
    await troubled(
      (one) =>
        one.method === "POST" && one.url?.includes("uploadId=") === true
          ? { status: 404, body: errorXml("NoSuchUpload") }
          : undefined,
      async (storage) => {
        await assert.rejects(storage.copy("copied/large", "copied/forgotten"), is("unavailable"));
      },
    );
  });

  it("a copy in parts that fails is forgotten when no part of it is on its way any more", async () => {
    await store.storage.put("copied/parts", randomBytes(16 * mebi), { contentType: type });
    await troubled(
      (one) =>
        one.url?.includes("partNumber=1&") === true
          ? { status: 403, body: errorXml("AccessDenied") }
          : undefined,
      async (storage, asked) => {
        await assert.rejects(storage.copy("copied/parts", "copied/none"), is("denied"));
        assert.equal(asked.filter((one) => one.includes("partNumber=")).length, 4);
        assert.match(asked.at(-1) ?? "", /^DELETE .*uploadId=/);
      },
    );
  });

  it("where the store has no conditions, the first write is looked for instead (Backblaze)", async () => {
    await store.storage.put("first/there", Buffer.from("x"), { contentType: type });
    const conditionless = (asked: IncomingMessage): Trouble =>
      asked.headers["if-none-match"] === undefined
        ? undefined
        : { status: 501, body: errorXml("NotImplemented") };
    await troubled(conditionless, async (storage) => {
      const meta = { contentType: type, ifAbsent: true };
      await storage.put("first/put", Buffer.from("a"), meta);
      await assert.rejects(storage.put("first/put", Buffer.from("b"), meta), is("conflict"));
      await storage.copy("first/there", "first/copy", { ifAbsent: true });
      await assert.rejects(storage.copy("first/put", "first/copy", { ifAbsent: true }), is("conflict"));
      const uploadId = await storage.multipart.begin("first/parts", { contentType: type });
      const part = await storage.multipart.put("first/parts", uploadId, 1, Buffer.from("p"));
      assert.ok(await storage.multipart.complete("first/parts", uploadId, [part], { ifAbsent: true }));
    });
    for (const [key, text] of [
      ["put", "a"],
      ["copy", "x"],
      ["parts", "p"],
    ])
      assert.equal((await store.storage.get(`first/${key}`, { bytesMax: 9 }))?.body.toString(), text);
  });

  it("a 400 that names no region may as well be credentials that have run out, and is told so", async () => {
    await troubled(
      () => ({ status: 400, body: "" }),
      (storage) =>
        assert.rejects(storage.probe(), /the credentials have run out, or it is not in the region/),
    );
    const elsewhere = openStorage({ ...store.bucket, region: "mars-1" });
    await assert.rejects(elsewhere.probe(), /The bucket \S+ is not in the region mars-1\.$/);
    elsewhere.close();
  });

  it("a store that sends whole objects only is told apart from one that sends parts", async () => {
    await store.storage.put("whole/1", Buffer.from("0123456789"), { contentType: type });
    await troubled(
      () => ({ status: 200, body: "0123456789" }),
      async (storage) => {
        const range = { start: 5 };
        await assert.rejects(storage.get("whole/1", { bytesMax: 10, range }), is("unsupported"));
      },
    );
  });
});
