import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { limits } from "#lib/media.ts";
import { answer, uploadHandler } from "./uploads.ts";

/** What the handler behind the door does in each test. */
let work: (request: Request) => Promise<Response>;
let origin = "";
const server = createServer((request, response) => {
  void answer((asked) => work(asked), request, response, "http://gallery.example");
});

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const post = (body: string): Promise<Response> =>
  fetch(`${origin}/api/uploads`, { method: "POST", body, headers: { "content-type": "application/json" } });

describe("the door of the upload routes", () => {
  it("hands on method, address, headers and body, and hands back status, headers and body", async () => {
    work = async (asked) =>
      Response.json(
        {
          method: asked.method,
          url: asked.url,
          type: asked.headers.get("content-type"),
          body: await asked.json(),
        },
        { status: 202, headers: { "retry-after": "1" } },
      );
    const given = await post('{"a":1}');
    assert.equal(given.status, 202);
    assert.equal(given.headers.get("retry-after"), "1");
    assert.deepEqual(await given.json(), {
      method: "POST",
      url: "http://gallery.example/api/uploads",
      type: "application/json",
      body: { a: 1 },
    });
  });

  it("compresses what is long, for those who can read it", async () => {
    work = async () => Response.json({ text: "x".repeat(5_000) });
    const given = await post("{}");
    assert.equal(given.headers.get("content-encoding"), "gzip");
    assert.equal(given.headers.get("vary"), "Accept-Encoding");
    assert.equal((await given.json()).text.length, 5_000);
    work = async () => Response.json({});
    assert.equal((await post("{}")).headers.get("content-encoding"), null);
  });

  it("reads one byte more than may be read and no further; the refusal still arrives (A-40)", async () => {
    let read = 0;
    work = async (asked) => {
      read = (await asked.arrayBuffer()).byteLength;
      return Response.json({}, { status: 413 });
    };
    assert.equal((await post("x".repeat(8_000_000))).status, 413);
    assert.equal(read, limits.jsonBytesMax + 1);
  });

  it("tells the handler when nobody waits any longer", async () => {
    const aborted = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    work = async (asked) => {
      asked.signal.addEventListener("abort", () => aborted.resolve());
      begun.resolve();
      await aborted.promise;
      return Response.json({});
    };
    const left = new AbortController();
    const given = fetch(`${origin}/api/uploads`, { method: "POST", body: "{}", signal: left.signal });
    await begun.promise;
    left.abort();
    await assert.rejects(given);
    await aborted.promise;
  });

  it("asks the handler nothing, and fails in nothing, when the question breaks off in its middle", async () => {
    let asked = false;
    work = async () => {
      asked = true;
      return Response.json({});
    };
    // A promise that nobody catches would end this process.
    const ended = new Promise<void>((resolve) =>
      server.once("request", (request: IncomingMessage) => request.once("close", resolve)),
    );
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.write("POST /api/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", () =>
      socket.destroy(),
    );
    await ended;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked, false);
  });

  it("leaves everything that is not plainly one of them to Next", () => {
    const at = (method: string, url: string) => uploadHandler({ method, url } as IncomingMessage);
    assert.ok(at("POST", "/api/uploads"));
    for (const [method, url] of [
      ["GET", "/api/uploads"],
      ["POST", "/api/uploads/"],
      ["POST", "/api/uploads?x=1"],
      ["POST", "/api/uploads/0190a5f2-0000-4000-8000-000000000000/renew"],
    ] as const)
      assert.equal(at(method, url), undefined, `${method} ${url}`);
  });
});
