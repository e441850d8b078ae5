/** Pictures by a CDN: what it reads, what it asks for, what it keeps, seen through a small cache in front of a real store. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { DeliverySettings } from "#lib/env.ts";
import { type TestStore, testStore } from "#lib/testing.ts";
import { type Examined, examined, examinedWith, subjectOf } from "./testing.ts";

let store: TestStore;
before(async () => {
  store = await testStore();
});
after(() => store.close());

type Habits = {
  /** Serves only what carries a signature (which one, it cannot judge). */
  asksForSignature?: boolean;
  /** Answers every address of a path with what it kept for the first. */
  forgetsQuery?: boolean;
  /** Another folder than the bucket's root. */
  folder?: string;
  /** Every answer is this. */
  refuses?: { status: number; code: string };
};

/** A cache that reads the bucket with its own right, as a distribution with origin access control does. */
async function withCdn<T>(habits: Habits, work: (base: string) => Promise<T>): Promise<T> {
  const kept = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://cdn");
    const { refuses } = habits;
    const unsigned = habits.asksForSignature === true && !url.searchParams.has("Key-Pair-Id");
    if (refuses !== undefined || unsigned) {
      const { status, code } = refuses ?? { status: 403, code: "MissingKey" };
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(
        `<Error><Code>${code}</Code><Message>${code === "MissingKey" ? "Missing Key-Pair-Id" : ""}</Message></Error>`,
      );
      return;
    }
    const asked = url.searchParams.get("response-content-disposition") ?? "";
    const disposition = habits.forgetsQuery === true ? (kept.get(url.pathname) ?? asked) : asked;
    kept.set(url.pathname, disposition);
    const found = await store.storage.get(`${habits.folder ?? ""}${url.pathname.slice(1)}`, {
      bytesMax: 10_000,
    });
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": found.head.contentType ?? "",
      ...(disposition === "" ? {} : { "content-disposition": disposition }),
    });
    response.end(found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const open = (publicBase: string): DeliverySettings => ({
  mode: "public",
  windowSeconds: 3600,
  publicBase,
  cloudfront: undefined,
});
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const signed = (publicBase: string): DeliverySettings => ({
  mode: "cloudfront",
  windowSeconds: 3600,
  publicBase,
  cloudfront: { keyPairId: "KEXAMPLE", privateKey, cookieDomain: undefined },
});

const behind = (habits: Habits, delivery: (base: string) => DeliverySettings): Promise<Examined> =>
  withCdn(habits, (base) => examined(subjectOf(store.bucket, { delivery: delivery(base) })));

test("a CDN that serves the bucket is well, with and without signatures", async () => {
  for (const seen of [await behind({}, open), await behind({ asksForSignature: true }, signed)]) {
    assert.deepEqual(seen.ids("fail"), []);
    assert.equal(seen.of("cdn").verdict, "ok");
    assert.equal(seen.of("delivery").verdict, "skipped");
  }
});

test("a CDN of another folder, one that may not read, one without our key and one that is gone are told apart", async () => {
  const cases: [Habits, RegExp, RegExp][] = [
    [{ folder: "other/" }, /leads to another bucket or folder/, /MEDIA_PUBLIC_BASE_URL=/],
    [
      { refuses: { status: 403, code: "AccessDenied" } },
      /may not read the bucket/,
      /tintype storage policy show/,
    ],
    [
      { refuses: { status: 403, code: "MissingKey" } },
      /does not know the key that signs/,
      /CLOUDFRONT_KEY_PAIR_ID=/,
    ],
  ];
  for (const [habits, found, change] of cases) {
    const seen = await behind(habits, signed);
    assert.deepEqual(seen.ids("fail"), ["cdn"]);
    assert.match(seen.of("cdn").found, found);
    assert.match(seen.of("cdn").change?.run ?? "", change);
  }
  const gone = await withCdn({}, async (base) => base);
  const seen = await examined(subjectOf(store.bucket, { delivery: open(gone) }));
  assert.match(seen.of("cdn").found, /Nothing listens/);
  assert.match(seen.of("cdn").change?.run ?? "", /MEDIA_PUBLIC_BASE_URL=/);
});

test("a CDN that needs no signature, and one that mixes up what it keeps, are faults", async () => {
  const careless = await behind({}, signed);
  assert.match(careless.of("cdn").found, /to anyone without a signature/);
  const poisoned = await behind({ forgetsQuery: true }, open);
  assert.match(poisoned.of("cdn").found, /not in its cache key/);
});

test("MEDIA_URL_MODE=public on a bucket that refuses strangers is named, and is well where it serves them", async () => {
  const shut = await examined(
    subjectOf(store.bucket, { delivery: open(`${store.bucket.endpoint ?? ""}/tintype-test`) }),
  );
  assert.match(shut.of("anonymousRead").found, /refuses strangers media\/ and derived\//);
  const served = await examinedWith(store, {
    instead: ({ signed, method, key }) =>
      !signed && method === "GET" && /^(media|derived)\//.test(key)
        ? { status: 200, body: "a picture" }
        : undefined,
  });
  assert.match(served.of("anonymousRead").found, /may read media\/ and derived\//);
});
