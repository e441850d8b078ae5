import assert from "node:assert/strict";
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { clientAddress, contentSecurityPolicy, front, trustedProxies } from "./front.ts";

describe("client address (A-39)", () => {
  const none = trustedProxies([]);
  const one = trustedProxies(["10.0.0.0/8", "fd00::/8"]);

  it("is the socket's when no proxy is named, whatever the header says", () => {
    assert.equal(clientAddress("203.0.113.9", "1.2.3.4", none), "203.0.113.9");
    assert.equal(clientAddress("::ffff:203.0.113.9", undefined, none), "203.0.113.9");
  });
  it("is the nearest address that is not a named proxy", () => {
    assert.equal(clientAddress("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", one), "198.51.100.7");
    assert.equal(clientAddress("fd00::1", "2001:db8::5", one), "2001:db8::5");
  });
  it("stops at the first thing that is not an address", () => {
    assert.equal(clientAddress("10.0.0.1", "1.2.3.4, <script>", one), "10.0.0.1");
    assert.equal(clientAddress("10.0.0.1", "", one), "10.0.0.1");
  });
});

describe("content security policy", () => {
  const policy = contentSecurityPolicy({
    nonce: "abc",
    mediaOrigins: ["https://cdn.example.com"],
    uploadOrigins: ["https://s3.example.com"],
    https: true,
  });
  const directive = (name: string): string =>
    policy.split("; ").find((part) => part.startsWith(`${name} `)) ?? "";

  it("lets no script run without this request's nonce", () => {
    assert.match(directive("script-src"), /'nonce-abc'/);
    assert.doesNotMatch(directive("script-src"), /'unsafe-inline'|'unsafe-eval'|https:|\*/);
    assert.equal(directive("default-src"), "default-src 'none'");
  });
  it("names the store for pictures, forms and uploads, and nothing else outside", () => {
    assert.match(directive("img-src"), /https:\/\/cdn\.example\.com/);
    assert.match(directive("connect-src"), /https:\/\/s3\.example\.com/);
    assert.match(directive("form-action"), /https:\/\/s3\.example\.com/);
    assert.match(directive("frame-ancestors"), /'none'/);
  });
});

describe("content security policy with STATIC_URL", () => {
  const options = {
    nonce: "abc",
    mediaOrigins: ["https://s3.example.com"],
    uploadOrigins: ["https://s3.example.com"],
    https: true,
  };
  const directives = (policy: string): Record<string, string> =>
    Object.fromEntries(policy.split("; ").map((part) => [part.split(" ")[0], part]));
  const without = directives(contentSecurityPolicy(options));
  const told = directives(contentSecurityPolicy({ ...options, staticOrigins: ["https://cdn.example.com"] }));

  it("lets styles, fonts and pictures come from there, and scripts by their nonce alone", () => {
    for (const name of ["style-src", "font-src", "img-src"])
      assert.match(told[name] ?? "", / https:\/\/cdn\.example\.com( |$)/, name);
    assert.equal(told["script-src"], without["script-src"]);
    assert.equal(told["worker-src"], "worker-src 'self'");
  });
  it("opens nothing else", () => {
    const opened = Object.keys(told).filter((name) => told[name] !== without[name]);
    assert.deepEqual(opened.sort(), ["font-src", "img-src", "manifest-src", "style-src"]);
  });
});

describe("the front door", () => {
  const seen: (IncomingHttpHeaders & { url: string | undefined })[] = [];
  const origins = {
    media: ["http://localhost:9100"],
    upload: ["http://localhost:9100"],
    cookies: () => [],
  };
  const doorOf = (appUrl: string) => front({ appUrl, trustedProxies: [] }, origins);
  let door = doorOf("http://localhost:3000");
  const server = createServer((request, response) => {
    if (!door.admit(request, response)) return;
    seen.push({ ...request.headers, url: request.url });
    response.end("in");
  });
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => new Promise((resolve) => server.close(resolve)));

  const ask = (
    method: string,
    headers: Record<string, string>,
    path = "/x?y=1",
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const asked = httpRequest(
        { host: "127.0.0.1", port, method, path, headers, agent: false },
        (response) => {
          let body = "";
          response.on("data", (chunk) => (body += chunk));
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      asked.on("error", reject);
      asked.end();
    });

  it("drops what a client claims about itself and says what the socket knows (A-39)", async () => {
    await ask("GET", {
      "x-tintype-client": "6.6.6.6",
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-host": "evil.example",
      "x-request-id": "mine",
      "content-security-policy": "script-src 'nonce-evil'",
    });
    const headers: IncomingHttpHeaders = seen.at(-1) ?? {};
    assert.equal(headers["x-tintype-client"], "127.0.0.1");
    assert.equal(headers["x-forwarded-host"], "localhost:3000");
    assert.equal(headers["x-forwarded-for"], undefined);
    assert.notEqual(headers["x-request-id"], "mine");
    assert.doesNotMatch(String(headers["content-security-policy"]), /nonce-evil/);
  });
  it("gives every answer a fresh nonce and the security headers", async () => {
    const [one, two] = [await ask("GET", {}), await ask("GET", {})];
    assert.notEqual(one.headers["content-security-policy"], two.headers["content-security-policy"]);
    assert.equal(one.headers["x-content-type-options"], "nosniff");
    assert.equal(one.headers["referrer-policy"], "same-origin");
    // A build's file is no page; what climbs out of its folder may be one.
    assert.equal((await ask("GET", {}, "/_next/static/a.js")).headers["content-security-policy"], undefined);
    for (const path of ["/_next/static/../../x", "/_next/static/%2e%2e/x", "/_next/static/a\\b"])
      assert.ok((await ask("GET", {}, path)).headers["content-security-policy"], path);
  });
  it("promises TLS where it is reached by TLS, and only there", async () => {
    assert.equal((await ask("GET", {})).headers["strict-transport-security"], undefined);
    door = doorOf("https://photos.example");
    try {
      const { headers } = await ask("GET", {});
      assert.match(String(headers["strict-transport-security"]), /^max-age=\d{8}/);
      assert.match(String(headers["content-security-policy"]), /upgrade-insecure-requests/);
    } finally {
      door = doorOf("http://localhost:3000");
    }
  });
  it("lets the address of a share leak to no other page and into no index", async () => {
    for (const path of ["/s/token", "/s/token/m/name?play=1", "/guest/token"]) {
      const { headers } = await ask("GET", {}, path);
      assert.equal(headers["referrer-policy"], "no-referrer", path);
      assert.match(String(headers["x-robots-tag"]), /noindex/, path);
    }
    assert.equal((await ask("GET", {}, "/search")).headers["x-robots-tag"], undefined);
  });
  it("refuses a changing request from another site, from nowhere, and from origin null (A-38, A-39)", async () => {
    const inside = seen.length;
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      for (const headers of [
        {},
        { origin: "null" },
        { origin: "http://evil.example" },
        { origin: "http://localhost:3000.evil.example" },
      ])
        assert.equal(
          (await ask(method, headers as Record<string, string>)).status,
          403,
          `${method} ${JSON.stringify(headers)}`,
        );
    // Files are read there, and a form that is sent there is a form.
    assert.equal((await ask("POST", { origin: "null" }, "/_next/static/x")).status, 403);
    assert.equal(seen.length, inside);
    assert.equal((await ask("POST", { origin: "http://localhost:3000" })).status, 200);
  });
  it("sends a person who typed the other loopback name to the configured one, keeping the path", async () => {
    const answer = await ask("GET", { host: "127.0.0.1:3000", "sec-fetch-mode": "navigate" });
    assert.equal(answer.status, 307);
    assert.equal(answer.headers.location, "http://localhost:3000/x?y=1");
  });
  it("sends a person who opened this machine to the site's own address, and only a person", async () => {
    door = doorOf("https://photos.example");
    try {
      const person = { host: "localhost:3000", "sec-fetch-mode": "navigate" };
      const answer = await ask("GET", person);
      assert.equal(answer.status, 307);
      assert.equal(answer.headers.location, "https://photos.example/x?y=1");
      for (const [title, headers] of Object.entries<Record<string, string>>({
        "a health check": { host: "localhost:3000" },
        "a fetch of a page": { host: "localhost:3000", "sec-fetch-mode": "cors" },
        "a proxy on this machine": { ...person, "x-forwarded-for": "203.0.113.9" },
        "another name": { ...person, host: "10.0.0.5:3000" },
        "a person who comes from the site": { ...person, referer: "https://photos.example/" },
      }))
        assert.equal((await ask("GET", headers)).status, 200, title);
    } finally {
      door = doorOf("http://localhost:3000");
    }
  });
  it("sends on once only, when a proxy that hands on no Host brings the person back", async () => {
    const person = { host: "127.0.0.1:3000", "sec-fetch-mode": "navigate" };
    const [mark = ""] = (await ask("GET", person)).headers["set-cookie"] ?? [];
    assert.equal((await ask("GET", { ...person, cookie: mark.split(";")[0] ?? "" })).status, 200);
  });
  it("takes a path that is no text for one that is not there", async () => {
    for (const path of [
      "/m/%ff",
      "/m/%",
      "/m/a%00b",
      "/_next/static/%ff",
      "/%c3%28?a=b",
      "http://evil.example/s/x",
    ]) {
      assert.equal((await ask("GET", {}, path)).status, 200);
      assert.equal(seen.at(-1)?.url, "/_nowhere/_nothing", path);
      assert.equal(seen.at(-1)?.["x-tintype-path"], "/_nowhere/_nothing");
    }
    for (const path of ["/m/%C3%A4", "/?q=%ff", "/invite/a%2Fb"]) {
      await ask("GET", {}, path);
      assert.equal(seen.at(-1)?.url, path);
    }
  });
  it("refuses methods that no page knows, and says which it does", async () => {
    const inside = seen.length;
    for (const method of ["TRACE", "PROPFIND", "MKCOL", "SEARCH"]) {
      const answer = await ask(method, {});
      assert.deepEqual(
        [answer.status, answer.headers.allow],
        [405, "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"],
        method,
      );
    }
    assert.equal(seen.length, inside);
  });
  it("lets in who does not say what they browse with", async () => {
    const inside = seen.length;
    assert.equal((await ask("GET", { "sec-fetch-mode": "navigate", host: "localhost:3000" })).status, 200);
    assert.equal((await ask("POST", { origin: "http://localhost:3000" })).status, 200);
    assert.deepEqual(
      seen.slice(inside).map((headers) => headers["user-agent"]),
      [undefined, undefined],
    );
  });
});
