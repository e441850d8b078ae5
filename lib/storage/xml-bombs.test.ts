/** XML made to harm whoever reads it: what a store that is not ours may answer, and what clients may send to ours. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { parseSettings } from "#lib/env.ts";
import { parseXml } from "./embedded/xml.ts";
import { StorageError } from "./port.ts";
import { openStorage } from "./s3.ts";

const secret = "what-an-outsider-must-not-fetch";
let fetched = 0;
const elsewhere = createServer((_, answer) => {
  fetched += 1;
  answer.end(secret);
});
let say = { status: 200, body: "" };
const evil = createServer((asked, answer) => {
  asked.resume();
  answer.writeHead(say.status, { "content-type": "application/xml" }).end(say.body);
});
let storage: ReturnType<typeof openStorage>;
let url: string;

before(async () => {
  elsewhere.listen(0, "127.0.0.1");
  evil.listen(0, "127.0.0.1");
  await Promise.all([once(elsewhere, "listening"), once(evil, "listening")]);
  const portOf = (server: typeof evil): number => (server.address() as AddressInfo).port;
  url = `http://127.0.0.1:${portOf(elsewhere)}/x.dtd`;
  const { bucket } = parseSettings({
    S3_BUCKET: "pictures",
    S3_REGION: "x",
    S3_ENDPOINT: `http://127.0.0.1:${portOf(evil)}`,
    S3_ACCESS_KEY_ID: "someone",
    S3_SECRET_ACCESS_KEY: "something",
  });
  assert.ok(bucket);
  storage = openStorage(bucket);
});
after(() => {
  storage?.close();
  for (const server of [evil, elsewhere]) {
    server.closeAllConnections();
    server.close();
  }
});

/** Thirty levels of ten: a thousand billion billion billion laughs. */
const laughs = Array.from({ length: 30 }, (_, n) =>
  n === 0 ? '<!ENTITY e0 "ha">' : `<!ENTITY e${n} "${`&e${n - 1};`.repeat(10)}">`,
).join("");
/** The text of an answer or of a question, with `value` where a name stands. */
type Around = (value: string) => string;
const bombs = (around: Around): Record<string, string> => ({
  "entities of entities": `<!DOCTYPE x [${laughs}]>${around("&e29;")}`,
  "one long entity, often": `<!DOCTYPE x [<!ENTITY a "${"a".repeat(100_000)}">]>${around("&a;".repeat(100_000))}`,
  "an entity of itself": `<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>${around("&a;")}`,
  "an entity from a file": `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${around("&a;")}`,
  "an entity from elsewhere": `<!DOCTYPE x [<!ENTITY a SYSTEM "${url}">]>${around("&a;")}`,
  "a document type from elsewhere": `<!DOCTYPE x SYSTEM "${url}" [<!ENTITY % p SYSTEM "${url}"> %p;]>${around("&a;")}`,
  "a hundred thousand elements in each other": around("<a>".repeat(100_000)),
  "the same, closed": around(`${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`),
  "names of the language": around("<__proto__><polluted>1</polluted></__proto__>"),
  "a document type without end": `<!DOCTYPE x [${"<!ENTITY a '".repeat(50_000)}`,
});

/** The memory that reading takes: a bomb that goes off takes gigabytes, and ends this process before that is measured. */
async function within(work: () => Promise<void>): Promise<void> {
  const before = process.memoryUsage().rss;
  await work();
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 500, `${grown} MiB`);
  assert.equal(fetched, 0, "nothing was fetched");
  assert.equal("polluted" in {}, false);
}

describe("a store's answer", () => {
  const listing: Around = (value) =>
    `<ListBucketResult><Name>pictures</Name><IsTruncated>false</IsTruncated><Contents><Key>media/${value}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified><ETag>"x"</ETag></Contents></ListBucketResult>`;
  const failure: Around = (value) => `<Error><Code>AccessDenied</Code><Message>${value}</Message></Error>`;

  for (const name of Object.keys(bombs((value) => value)))
    it(`with ${name} is an error of the store or a name as it stands, and nothing goes off`, async () => {
      await within(async () => {
        for (const [status, around] of [
          [200, listing],
          [403, failure],
          [400, failure],
        ] as const) {
          say = { status, body: `<?xml version="1.0"?>${bombs(around)[name]}` };
          const told = await firstKey().catch((error: unknown) => {
            assert.ok(error instanceof StorageError, `${name}: ${error}`);
            return error.message;
          });
          assert.doesNotMatch(told, new RegExp(`${secret}|root:|(ha){20}`));
          assert.ok(told.length < 20_000_000, `${told.length} characters`);
        }
      });
    });

  async function firstKey(): Promise<string> {
    for await (const { key } of storage.list("media/")) return String(key);
    return "";
  }
});

describe("what clients send to the built-in store", () => {
  it("is read without entities of its own, or is malformed", async () => {
    const asked: Around = (value) => `<Delete><Object><Key>${value}</Key></Object></Delete>`;
    await within(async () => {
      for (const [name, text] of Object.entries(bombs(asked))) {
        const read = (): string => JSON.stringify(parseXml(text, "Delete"));
        if (/DOCTYPE/.test(text)) assert.throws(read, { code: "MalformedXML" }, name);
        else
          try {
            assert.ok(read().length < 3_000_000, name);
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), name);
          }
      }
    });
  });
});
