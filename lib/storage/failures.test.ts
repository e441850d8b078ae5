import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createListener } from "node:net";
import { after, test } from "node:test";
import { parseSettings } from "#lib/env.ts";
import { asking } from "./failures.ts";
import { StorageError } from "./port.ts";
import { openStorage } from "./s3.ts";

const keys = { S3_ACCESS_KEY_ID: "someone", S3_SECRET_ACCESS_KEY: "something" };

async function provisioning(endpoint: string): Promise<string> {
  const { bucket } = parseSettings({ S3_BUCKET: "pictures", S3_REGION: "x", S3_ENDPOINT: endpoint, ...keys });
  assert.ok(bucket);
  const storage = openStorage(bucket);
  try {
    await storage.provision({ origins: [] });
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    return error.message;
  } finally {
    storage.close();
  }
  return "it worked";
}

const answering = createServer((request, response) => {
  response.writeHead(request.url?.startsWith("/pictures") ? 403 : 500).end();
});
after(() => answering.close());

test("a store nobody serves is told with its address and the code", async () => {
  const listener = createListener().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  assert.equal(
    await provisioning(`http://127.0.0.1:${port}`),
    `The bucket could not be looked up: nothing answers at 127.0.0.1:${port} (ECONNREFUSED).`,
  );
});

test("a host that does not exist is told by its name", async () => {
  const told = await provisioning("https://no-such-host.invalid");
  assert.match(
    told,
    /: (there is no such host|the name .* looked up) at no-such-host\.invalid \(E[A-Z_]+\)\.$/,
  );
});

test("a refused key says what to check", async () => {
  answering.listen(0, "127.0.0.1");
  await once(answering, "listening");
  const { port } = answering.address() as AddressInfo;
  assert.match(
    await provisioning(`http://127.0.0.1:${port}`),
    /^The bucket could not be created: access was denied \(\w+\); check the access key and what it may do\.$/,
  );
});

test("a page of HTML is neither an object nor the lack of one", async () => {
  let status = 200;
  const site = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end("<html>Console</html>");
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  const { port } = site.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const { bucket } = parseSettings({ S3_BUCKET: "pictures", S3_REGION: "x", S3_ENDPOINT: endpoint, ...keys });
  assert.ok(bucket);
  const storage = openStorage(bucket);
  const refused = {
    code: "unavailable",
    message: `What answers at 127.0.0.1:${port} is not an S3 store: it sent a page of HTML; check S3_ENDPOINT.`,
  };
  try {
    for (status of [200, 404]) {
      await assert.rejects(storage.head("a"), refused);
      await assert.rejects(storage.exists("a"), refused);
      await assert.rejects(storage.get("a", { bytesMax: 100 }), refused);
      await assert.rejects(storage.put("a", Buffer.from("x"), { contentType: "text/plain" }), refused);
      await assert.rejects(storage.list("")[Symbol.asyncIterator]().next(), refused);
      await assert.rejects(storage.provision({ origins: [] }), refused);
      await assert.rejects(storage.probe(), refused);
    }
  } finally {
    storage.close();
    site.close();
  }
});

test("missing credentials say what to set, and no failure is told as bare Error", async () => {
  const toldOf = async (error: unknown): Promise<string> => {
    try {
      await asking("be created", async () => {
        throw error;
      });
    } catch (failed) {
      assert.ok(failed instanceof StorageError);
      return failed.message;
    }
    return "it worked";
  };
  const missing = new Error("Could not load credentials from any providers");
  missing.name = "CredentialsProviderError";
  assert.match(
    await toldOf(missing),
    /no credentials were found; set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY/,
  );
  const refused = Object.assign(new Error("connect ECONNREFUSED"), {
    code: "ECONNREFUSED",
    address: "::1",
    port: 9000,
  });
  assert.match(
    await toldOf(new AggregateError([refused])),
    /nothing answers at \[::1\]:9000 \(ECONNREFUSED\)\.$/,
  );
  assert.match(await toldOf(new Error("socket hang up")), /created: socket hang up\.$/);
  assert.match(await toldOf(new Error("")), /created: there was no answer\.$/);
  assert.match(await toldOf("?"), /created: the reason is unknown\.$/);
});
