import assert from "node:assert/strict";
import { createServer, get, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, afterEach, before, describe, it } from "node:test";
import { openApi } from "../upload/api.ts";
import { roomFor } from "./room.ts";

let origin = "";
let room = roomFor(4);
const held: ServerResponse[] = [];
const waiting: (() => void)[] = [];
const server = createServer((asked, response) => {
  if (!room.admit(asked, response)) return;
  asked.resume();
  held.push(response);
  for (const go of waiting.splice(0)) go();
});
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
const letGo = (): void => {
  for (const response of held.splice(0)) response.end("{}");
};
afterEach(async () => {
  letGo();
  room = roomFor(4);
});
after(() => {
  server.close();
  server.closeAllConnections();
});

/** Asks, and resolves when the question is inside; its answer is nobody's concern. */
async function inside(path: string, method = "GET"): Promise<void> {
  const arrived = new Promise<void>((resolve) => waiting.push(resolve));
  fetch(origin + path, { method }).then(
    (answer) => answer.arrayBuffer(),
    () => {},
  );
  await arrived;
}

describe("the room of the web process", () => {
  it("asks who comes when it is full to come back, and lets them in when somebody has left", async () => {
    for (let n = 0; n < 4; n++) await inside(`/?n=${n}`);
    const refused = await fetch(`${origin}/timeline`);
    assert.deepEqual([refused.status, refused.headers.get("cache-control")], [503, "no-store"]);
    const seconds = Number(refused.headers.get("retry-after"));
    assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 10, `${seconds}`);
    const { code, detail } = await refused.json();
    assert.equal(code, "busy");
    assert.match(detail, /Nothing is lost/);
    letGo();
    await inside("/timeline");
  });

  it("counts what only looks like a question that costs nothing", async () => {
    for (let n = 0; n < 4; n++) await inside(`/?n=${n}`);
    const status = async (path: string) => (await fetch(origin + path)).status;
    for (const path of [
      "/search?q=a&x=/uploads/status",
      "/search/uploads/status",
      "/api/live/more",
      "/_next/static/%2e%2e/%2e%2e/search",
      "/m/x/full.jpg/more",
    ])
      assert.equal(await status(path), 503, path);
  });

  it("makes room for others where a body does not come, and counts it again when it has come", async () => {
    room = roomFor(1, 20);
    const arrived = new Promise<void>((resolve) => waiting.push(resolve));
    const slow = request(`${origin}/preferences/save`, { method: "POST", headers: { "content-length": 2 } });
    slow.on("response", (answer) => answer.resume());
    slow.flushHeaders();
    await arrived;
    const comesIn = (): Promise<boolean> =>
      Promise.race([
        new Promise<true>((resolve) => waiting.push(() => resolve(true))),
        fetch(`${origin}/`).then(({ status }) => status !== 503),
      ]);
    const leave = (): void => void held.pop()?.end("{}");
    while (!(await comesIn()));
    leave();
    slow.end("{}");
    while (await comesIn()) leave();
  });

  it("keeps half of it free of uploads, so that pictures can still be looked at", async () => {
    await inside("/api/uploads", "POST");
    await inside("/guest/token/uploads/complete", "POST");
    for (const path of ["/api/uploads", "/api/uploads/complete", "/api/uploads/x/renew", "/guest/t/uploads"])
      assert.equal((await fetch(origin + path, { method: "POST" })).status, 503, path);
    await inside("/");
  });

  it("does not count what is held back for news, nor those who ask how the site is, nor files", async () => {
    for (let n = 0; n < 4; n++) await inside(`/?n=${n}`);
    await inside("/api/uploads/status", "POST");
    await inside("/api/live?since=1");
    await inside("/api/health/ready");
    await inside("/_next/static/x.js");
    assert.equal((await fetch(`${origin}/api/uploads`)).status, 503);
  });

  it("gives people a page that comes back by itself", async () => {
    room = roomFor(0);
    // Not fetch, which says itself what it is.
    const asked = get(`${origin}/`, { headers: { "sec-fetch-mode": "navigate" } });
    const answer = await new Promise<IncomingMessage>((resolve) => asked.once("response", resolve));
    const page = await text(answer);
    assert.equal(answer.statusCode, 503);
    assert.match(answer.headers["content-type"] ?? "", /text\/html/);
    assert.equal(/http-equiv="refresh" content="(\d+)"/.exec(page)?.[1], answer.headers["retry-after"]);
    assert.match(page, /Nothing is lost/);
  });

  it("is left when the answer never comes, because who asked is gone", async () => {
    const leaving = new AbortController();
    const arrived = new Promise<void>((resolve) => waiting.push(resolve));
    room = roomFor(1);
    const asked = fetch(`${origin}/`, { signal: leaving.signal }).catch(() => undefined);
    await arrived;
    const [response] = held;
    const left = new Promise((resolve) => response?.once("close", resolve));
    leaving.abort();
    await Promise.all([asked, left]);
    held.length = 0;
    await inside("/");
  });

  it("is understood by the upload page: it is told how long to wait", async () => {
    room = roomFor(0);
    const api = openApi(`${origin}/api/uploads`);
    await assert.rejects(api.begin([]), (error: Error & { status?: number; retryAfter?: number }) => {
      assert.equal(error.status, 503);
      assert.ok((error.retryAfter ?? 0) >= 1);
      return true;
    });
  });
});
