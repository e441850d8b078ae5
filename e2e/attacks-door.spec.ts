/** Attacks on the doors: what is said about a request, where an answer leads, what may be kept of it, and who holds a connection. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { declare, picture } from "#lib/uploads/testing.ts";
import {
  deliver,
  expect,
  json,
  ledTo,
  origin,
  perform,
  raw,
  rawRequest,
  signInAs,
  statusOf,
  stranger,
  test,
} from "./attacks.ts";
import { actions, handlers } from "./matrix.ts";
import { port, storePort } from "./ports.ts";
import { withSql } from "./world.ts";

test.beforeEach(() => test.setTimeout(120_000));

/** Connections that are never of any use; opened first, looked at last. */
const held: { at: string; socket: Socket; open: boolean }[] = [];

test.beforeAll(async () => {
  const begin = (at: string, to: number, text: string): void => {
    const socket = connect(to, "localhost", () => socket.write(text));
    const one = { at, socket, open: true };
    socket
      .on("error", () => {})
      .on("close", () => {
        one.open = false;
      });
    socket.resume();
    held.push(one);
  };
  for (let n = 0; n < 200; n++)
    for (const [at, to] of [
      ["web", port],
      ["store", storePort],
    ] as const) {
      begin(`${at}: nothing said`, to, "");
      begin(`${at}: half a head`, to, `POST /x HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${n}`);
    }
});
test.afterAll(() => {
  for (const { socket } of held) socket.destroy();
});

const paths = [
  "/",
  "/sign-in",
  "/search?q=x",
  "/albums",
  "/m/nothing",
  "/no-such-page",
  "/api/uploads",
  "/api/health/live",
  "/s/nothing",
  "/guest/nothing",
  "/setup",
  "/feed.xml",
  "/robots.txt",
  "/_next/static/nothing.js",
];

test("every answer carries the headers that keep browsers in, and none that tells what runs here", async ({
  member,
}) => {
  const nobody = await stranger();
  for (const as of [nobody, member.as])
    for (const path of paths) {
      const answer = await as.get(path, { maxRedirects: 0 });
      const headers = answer.headers();
      expect(headers["x-content-type-options"], path).toBe("nosniff");
      expect(headers["x-frame-options"], path).toBe("DENY");
      expect(headers["cross-origin-opener-policy"], path).toBe("same-origin");
      expect(headers["permissions-policy"], path).toContain("camera=()");
      expect(headers["referrer-policy"], path).toBe(
        /^\/(s|guest)\//.test(path) ? "no-referrer" : "same-origin",
      );
      expect(headers["x-powered-by"], path).toBeUndefined();
      expect(headers.server, path).toBeUndefined();
      // Without TLS it would be a promise about other sites of this host.
      expect(headers["strict-transport-security"], path).toBeUndefined();
      if (path.startsWith("/_next/static/")) continue;
      const policy = headers["content-security-policy"] ?? "";
      expect(policy, path).toContain("default-src 'none'");
      expect(policy, path).toContain("frame-ancestors 'none'");
      expect(policy, path).toContain("base-uri 'none'");
      expect(policy, path).toMatch(/form-action 'self' http:\/\/localhost:\d+(;|$)/);
    }
  expect((await nobody.get("/embed")).headers()["content-security-policy"]).toContain("frame-ancestors *");
  await nobody.dispose();
});

test("nothing that is told to somebody signed in may be kept by a cache on the way", async ({ member }) => {
  /** The same for everybody, and meant to be kept. */
  const kept = /^\/(feed\.|sitemap|robots|manifest|oembed|embed$|offline)/;
  const nobody = await stranger();
  for (const { method, pattern } of handlers()) {
    if (method !== "GET" || pattern.includes("[") || pattern === "/api/live") continue;
    const mine = await member.as.get(pattern, { maxRedirects: 0 });
    const control = mine.headers()["cache-control"] ?? "";
    if (!kept.test(pattern)) {
      if (mine.status() < 300 || mine.status() > 399)
        expect(control, pattern).toMatch(/no-store|^private, no-cache$/);
      expect(control, pattern).not.toContain("public");
      continue;
    }
    const text = await mine.text();
    expect(text, pattern).not.toContain(member.email);
    expect(text, pattern).not.toContain(member.name);
  }
  await nobody.dispose();
});

const elsewhere = [
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/%2f%2fevil.example",
  "/%5cevil.example",
  "/%09/evil.example",
  "/\t/evil.example",
  "/.//evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "http:evil.example",
  "@evil.example",
];
/** Where a browser on our page would go. */
const leads = (location: string): string => new URL(location, `${origin}/sign-in`).origin;

test("signing in leads nowhere but to our own pages, whatever the address asks for", async ({ other }) => {
  for (const next of elsewhere) {
    const as = await stranger();
    const answer = await perform(as, "signIn", { email: other.email, password: other.password, next });
    expect(ledTo(answer), next).toMatch(/^\/(?!\/)/);
    expect(leads(ledTo(answer) ?? ""), next).toBe(origin);
    await as.dispose();
    const query = `/sign-in?${new URLSearchParams({ next, callbackURL: next, redirect: next })}`;
    const again = await other.as.get(query, { maxRedirects: 0 });
    expect(leads(again.headers().location ?? "/"), query).toBe(origin);
  }
});

test("no path leads to another site, and none past a check of who may", async ({ member }) => {
  const cookie = (await member.as.storageState()).cookies
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
  const climbing = [
    ...elsewhere.filter((path) => path.startsWith("/")),
    "//evil.example/%2e%2e",
    "//evil.example//admin/users",
    "/m/%2e%2e/admin/users",
    "/m/%252e%252e/admin/users",
    "/m/..%2fadmin/users",
    "/api/../admin/users",
    "/m/../admin/users",
    "/%61dmin/users",
    "/admin%2fusers",
    "/admin/users/..;/",
    "//admin/users",
    "/ADMIN/USERS",
    "/admin/users/",
    "/admin/users%20",
    "/admin/users%00",
    "/_next/../admin/users",
    "/_next/static/../../admin/users",
    "/_next/static/../../../package.json",
    "/_next/static/..%2f..%2f..%2fpackage.json",
    "/_next/data/x/admin/users.json",
    "/admin/users?_rsc=1",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/.env",
    "/.git/config",
    "/.next/BUILD_ID",
    "/node_modules/next/package.json",
    "/package.json",
    "/.tintype/run.json",
    "/server-reference-manifest.json",
    "/s/../../admin/users",
    "/invite/../admin/users",
    "http://evil.example/admin/users",
    `http://localhost:${port}/admin/users`,
  ];
  for (const path of climbing)
    for (const headers of [[`Cookie: ${cookie}`], [`Cookie: ${cookie}`, "RSC: 1"]]) {
      const answer = await rawRequest(`GET ${path.replace("\t", "%09")}`, headers);
      expect(statusOf(answer), path).toBeGreaterThanOrEqual(200);
      expect(statusOf(answer), path).toBeLessThan(500);
      const location = /^location: (.*)$/im.exec(answer)?.[1]?.trim();
      if (location !== undefined) expect(leads(location), path).toBe(origin);
      expect(answer, path).not.toMatch(/owner@example\.com|root:.*:0:0|"dependencies"|graphile|AUTH_SECRET/);
    }
});

test("what a request claims of its host is believed nowhere: not in pages, feeds, embeds or redirects", async () => {
  const forged = [
    "Host: evil.example",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "Forwarded: host=evil.example;proto=https",
    "X-Original-URL: /admin/users",
    "X-Rewrite-URL: /admin/users",
    "X-Forwarded-Server: evil.example",
    "X-Host: evil.example",
  ];
  const asked = [
    "/",
    "/sign-in",
    "/feed.xml",
    "/feed.json",
    "/sitemap.xml",
    "/robots.txt",
    "/embed",
    "/embed/code",
    "/manifest.webmanifest",
    "/account",
    "/upload",
    "/admin",
    `/oembed?url=${encodeURIComponent(`${origin}/`)}`,
    "/oembed?url=http%3A%2F%2Fevil.example%2F",
  ];
  for (const path of asked) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\n${forged.join("\r\n")}\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answer), path).toBeGreaterThanOrEqual(200);
    expect(answer, path).not.toContain("evil.example");
  }
});

test("A-38, A-39: no form of another site's page reaches a route or an action, whatever its type", async ({
  member,
}) => {
  const before = await counts();
  const routes = handlers().filter(({ method }) => method !== "GET");
  expect(routes.length).toBeGreaterThan(20);
  const targets = [
    ...routes.map(({ method, pattern }) => ({
      method,
      path: pattern.replaceAll(/\[\w+\]/g, member.id),
      action: "",
    })),
    ...actions().map(({ id, page }) => ({
      method: "POST",
      path: page.replaceAll(/\[\w+\]/g, member.id),
      action: id,
    })),
    // Addresses of files, which are read without a look at where the reader comes from.
    ...actions()
      .slice(0, 3)
      .map(({ id }) => ({ method: "POST", path: "/_next/static/x", action: id })),
  ];
  const forms: { type: string; body: string }[] = [
    { type: "text/plain", body: '{"selection":{"all":true},"change":{"kind":"trash"}}' },
    { type: "application/x-www-form-urlencoded", body: "intent=trash&id=1" },
    {
      type: "multipart/form-data; boundary=x",
      body: '--x\r\nContent-Disposition: form-data; name="$ACTION_ID_1"\r\n\r\n\r\n--x--\r\n',
    },
    { type: "application/json", body: "{}" },
  ];
  for (const { method, path, action } of targets)
    for (const [n, { type, body }] of forms.entries()) {
      const from = [undefined, "null", "https://evil.example", `${origin}.evil.example`][n];
      const answer = await member.as.fetch(path, {
        method,
        data: Buffer.from(body),
        headers: {
          "content-type": type,
          ...(from === undefined ? {} : { origin: from }),
          ...(action === "" || type.startsWith("multipart") ? {} : { "next-action": action }),
        },
        maxRedirects: 0,
      });
      expect([answer.status(), (await answer.json()).code], `${method} ${path} ${type}`).toEqual([
        403,
        "cross_site",
      ]);
    }
  expect(await counts()).toEqual(before);
});

/** What there is of everything that a request could add or take away. */
const counts = () =>
  withSql(
    (
      sql,
    ) => sql`select (select count(*) from media where deleted_at is null) as media, (select count(*) from albums) as albums,
      (select count(*) from shares) as shares, (select count(*) from users) as users, (select count(*) from sessions) as sessions,
      (select count(*) from uploads) as uploads, (select count(*) from invites) as invites, (select count(*) from tags) as tags`,
  );

test("A-22, A-51, A-52: no id, no text and no order that anybody thinks of makes a page fail", async ({
  member,
  admin,
}) => {
  const strange = ["%00", "x".repeat(5_000), "not-a-uuid", "%ff", "'%20or%201=1--", "__proto__"];
  const texts = ["a%00b", "%ED%A0%80", "*)(%25%5C'--", "title;drop%20table%20media", "-1e999"];
  const queries = [
    "q",
    "text",
    "sort",
    "order",
    "list",
    "after",
    "ids",
    "from",
    "count",
    "px",
    "state",
    "cursor",
    "url",
    "album",
    "page",
    "next",
    "size",
    "token",
    "around",
    "last",
    "since",
  ];
  const reads = handlers().filter(({ method, pattern }) => method === "GET" && pattern !== "/api/live");
  const asked = reads.flatMap(({ pattern }) =>
    pattern.includes("[") ? strange.map((one) => pattern.replaceAll(/\[\w+\]/g, one)) : [],
  );
  for (const { pattern } of reads) {
    const path = pattern.replaceAll(/\[\w+\]/g, "0192d2b0-0000-7000-8000-000000000000");
    // All parameters at once: whichever the page knows gets it.
    for (const text of texts) asked.push(`${path}?${queries.map((name) => `${name}=${text}`).join("&")}`);
  }
  const failed: string[] = [];
  for (let n = 0; n < asked.length; n += 8)
    await Promise.all(
      asked.slice(n, n + 8).map(async (path, k) => {
        const answer = await (k % 2 === 0 ? member.as : admin).get(path, {
          maxRedirects: 0,
          failOnStatusCode: false,
        });
        const status = answer.status();
        if (
          status >= 500 ||
          /at \w+ \(|node_modules|DrizzleQuery/.test(status >= 400 ? await answer.text() : "")
        )
          failed.push(`${status} ${path.slice(0, 120)}`);
      }),
    );
  expect(failed).toEqual([]);
});

test("A-40: names that reach for prototypes give nobody a role, and bodies without an end are no way in", async ({
  member,
}) => {
  const poison = [
    '{"__proto__":{"role":"owner"}}',
    '{"constructor":{"prototype":{"role":"owner"}}}',
    '{"uploads":[{"__proto__":{"role":"owner"}}]}',
    `{"selection":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`,
    '{"selection":{"ids":[]},"selection":{"all":true},"change":{"kind":"trash"},"__proto__":1}',
  ];
  for (const path of [
    "/api/uploads",
    "/api/changes",
    "/api/changes/count",
    "/api/albums",
    "/api/downloads",
    "/api/uploads/complete",
  ])
    for (const body of poison) {
      const answer = await member.as.post(path, { data: Buffer.from(body), headers: json });
      expect([400, 413], `${path} ${body.slice(0, 40)}`).toContain(answer.status());
    }
  expect((await member.as.get("/admin/users")).status()).toBe(403);
  const nobody = await stranger();
  expect((await nobody.get("/api/uploads")).status()).toBe(401);
  // A form with fields for a megabyte and more, and one whose arguments point at each other.
  const large = await fetch(`${origin}/account`, {
    method: "POST",
    headers: { origin, "next-action": actions()[0]?.id ?? "", connection: "close" },
    body: "x".repeat(3_000_000),
  }).then(
    (answer) => answer.status,
    () => "cut off",
  );
  expect([400, 404, 413, 500, "cut off"]).toContain(large);
  const saveName = actions().find(({ name }) => name === "saveName");
  for (const arguments_ of ['["$1","$1"]', '["$F1"]', '["$Q0"]', '["$K1",', "[".repeat(10_000)]) {
    const form = new FormData();
    form.append("1", '"$0"');
    form.append("0", arguments_);
    const answer = await member.as.post("/account", {
      headers: { origin, "next-action": saveName?.id ?? "", accept: "text/x-component" },
      multipart: form,
    });
    expect(await answer.text(), arguments_.slice(0, 20)).not.toMatch(/node_modules|at \w+ \(/);
  }
  expect(await withSql((sql) => sql`select name, role from users where id = ${member.id}`)).toEqual([
    { name: member.name, role: "member" },
  ]);
  expect((await nobody.get("/api/health/ready")).status()).toBe(200);
  await nobody.dispose();
});

test("A-51: an action that is sent nonsense refuses it, and is no failure", async ({ member }) => {
  const id = actions().find(({ name }) => name === "saveName")?.id ?? "";
  const boundary = "----nonsense";
  const part = (name: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const form = (...parts: [name: string, value: string][]): string =>
    `${parts.map(([name, value]) => part(name, value)).join("")}--${boundary}--\r\n`;
  const multipart = `multipart/form-data; boundary=${boundary}`;
  const text = "text/plain;charset=UTF-8";
  const byScript: [type: string, body: string][] = [
    ...[
      '["$1","$1"]',
      '["$F1"]',
      '["$Q0"]',
      '["$K1",',
      "[".repeat(10_000),
      "",
      "null",
      "{}",
      '["$@9"]',
      '["$h0"]',
    ].map((first): [string, string] => [multipart, form(["1", '"$0"'], ["0", first])]),
    [multipart, form(["1", "x"])],
    [multipart, part("0", "[]")],
    [multipart, "nothing of the kind"],
    [multipart, ""],
    ["multipart/form-data", form(["0", "[]"])],
    [text, "["],
    [text, ""],
    [text, "\0"],
    [text, '["a","b"]'],
    [text, '[null,{"get":"x"}]'],
    [text, "7"],
    [text, '[["$0"]]'],
    ["application/json", "{"],
  ];
  const byForm: string[] = [
    form(["$ACTION_ID_nothing", ""]),
    form([`$ACTION_ID_${id}`, ""]),
    form(["$ACTION_REF_1", ""], ["$ACTION_1:0", "{"]),
    form(["$ACTION_REF_1", ""], ["$ACTION_1:0", `{"id":"${id}","bound":"$@9"}`]),
    form(["$ACTION_REF_1", ""]),
    form(["$ACTION_KEY", "x"]),
    "nothing of the kind",
    part("$ACTION_REF_1", ""),
  ];
  const statuses: string[] = [];
  for (const [type, body] of byScript) {
    const headers = { origin, "content-type": type, "next-action": id, accept: "text/x-component" };
    const answer = await member.as.post("/account", { headers, data: Buffer.from(body) });
    statuses.push(`${answer.status()} ${type} ${body.slice(-60)}`);
  }
  for (const body of byForm) {
    const headers = { origin, "content-type": multipart };
    const answer = await member.as.post("/account", { headers, data: Buffer.from(body), maxRedirects: 0 });
    statuses.push(`${answer.status()} ${body.slice(0, 160)}`);
  }
  expect(statuses.filter((one) => !one.startsWith("4"))).toEqual([]);
  // A real one is not among them, and what it says of its fields still comes with 200.
  expect((await perform(member.as, "saveName", { name: "" })).status()).toBe(200);
});

test("a method is what the request line says, and what is no request is answered as none", async ({
  member,
}) => {
  const upload = await member.as.post("/api/uploads", {
    data: JSON.stringify({ uploads: [declare(Buffer.alloc(10, "m"))] }),
    headers: json,
  });
  const [{ id }] = (await upload.json()).uploads;
  const cookie = (await member.as.storageState()).cookies
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
  for (const header of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
    expect(
      statusOf(
        await rawRequest(`GET /api/uploads/${id}?_method=DELETE`, [`Cookie: ${cookie}`, `${header}: DELETE`]),
      ),
    ).toBe(200);
  for (const method of ["TRACE", "PROPFIND", "PUT", "PATCH", "MKCOL"]) {
    const status = statusOf(
      await rawRequest(`${method} /api/uploads/${id}`, [
        `Cookie: ${cookie}`,
        `Origin: ${origin}`,
        "Content-Length: 0",
      ]),
    );
    expect([400, 403, 404, 405, 501], method).toContain(status);
  }
  expect((await (await member.as.get(`/api/uploads/${id}`)).json()).state).toBe("issued");
  const head = `POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\nContent-Type: application/json\r\n`;
  const smuggled = "GET /admin/users HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const both of [
    `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${head}Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}${smuggled}`,
    `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(100_000)}\r\n\r\n`,
    "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "NONSENSE\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ])
    for (const at of [port, storePort]) {
      const answer = await raw(both, at);
      expect([400, 431, 501], both.slice(0, 200)).toContain(statusOf(answer));
      expect(answer.match(/HTTP\/1\.1/g), both.slice(0, 200)).toHaveLength(1);
    }
  const upgraded = await rawRequest("GET /", [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]);
  expect(statusOf(upgraded)).not.toBe(101);
  expect((await member.as.get("/api/health/ready")).status()).toBe(200);
});

/** Something on this machine that nobody but us should ever ask. */
async function listener(answer: (server: Server) => Promise<void>, to = "/"): Promise<number> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(302, { location: to }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await answer(server);
  await new Promise((resolve) => server.close(resolve));
  return asked;
}

test("A-42, A-43: the server fetches no address that a visitor names, of a picture or of a page", async ({
  member,
}) => {
  const asked = await listener(async (server) => {
    const inside = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const urls = [
      "http://169.254.169.254/latest/meta-data/",
      `http://${inside}/x.jpg`,
      `//${inside}/x.jpg`,
      `http://localhost:${storePort}@${inside}/x.jpg`,
      `http://${inside}#@localhost:${storePort}/`,
      `http://localhost:${storePort}/tintype/derived/../media/x.jpg`,
      "file:///etc/passwd",
      `http://localhost:${storePort}/${"x".repeat(4_000)}`,
    ];
    for (const url of urls) {
      const query = encodeURIComponent(url);
      for (const path of [
        `/_next/image?url=${query}&w=640&q=75`,
        `/_next/image?url=${query}&w=641&q=99`,
        `/oembed?url=${query}`,
        `/oembed?format=xml&url=${query}`,
        `/embed/code?url=${query}`,
        `/sign-in?next=${query}`,
      ]) {
        const answer = await member.as.get(path, { maxRedirects: 0 });
        expect(answer.status(), path.slice(0, 80)).toBeLessThan(500);
        if (!/^\/(embed|sign-in)/.test(path))
          expect([400, 404], path.slice(0, 80)).toContain(answer.status());
      }
    }
  });
  expect(asked).toBe(0);
});

test("A-44, A-45: what was deleted is served by nothing of ours, and its old address by no optimiser", async ({
  member,
}) => {
  const { id } = await deliver(member.as, await picture());
  const [row] = await withSql((sql) => sql`select media_id from uploads where id = ${id}`);
  const { url } = await (await member.as.get(`/m/${row?.media_id}/original`)).json();
  expect((await member.as.get(url)).status()).toBe(200);
  const trashed = await member.as.post("/api/changes", {
    data: JSON.stringify({ selection: { ids: [row?.media_id] }, change: { kind: "trash" } }),
    headers: json,
  });
  expect(trashed.status()).toBe(200);
  // The address that was handed out lives until its window ends; nobody is handed another one.
  expect((await member.as.get(`/m/${row?.media_id}/original`)).status()).toBe(404);
  expect((await member.as.get(`/m/${row?.media_id}`)).status()).toBe(404);
  for (const address of [url, new URL(url).pathname])
    expect([400, 404]).toContain(
      (await member.as.get(`/_next/image?url=${encodeURIComponent(address)}&w=640&q=75`)).status(),
    );
});

test("A-19, A-21: no name of a picture breaks a header, an address or a page", async ({ member }) => {
  const names = [
    'a"; filename="evil.html',
    "a\r\nX-Evil: 1\r\n\r\n<script>alert(1)</script>.jpg",
    "a\u202egpj.exe",
    "../../../../etc/cron.d/x.jpg",
    "CON.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    `${"z".repeat(240)}.jpg`,
    "\ud800.jpg",
  ];
  for (const filename of names) {
    const { id, fate } = await deliver(member.as, await picture(), { filename });
    expect(fate, filename).toBe("ready");
    const [row] = await withSql((sql) => sql`select media_id from uploads where id = ${id}`);
    const page = await (await member.as.get(`/m/${row?.media_id}`)).text();
    expect(page, filename).not.toMatch(/<script>alert|<img src=x/);
    const details = await (await member.as.get(`/m/${row?.media_id}/details`)).text();
    const links = [...details.matchAll(/"(http[^"]*response-content-disposition[^"]*)"/g)].map(
      ([, link = ""]) => JSON.parse(`"${link}"`),
    );
    expect(links.length, details.slice(0, 500)).toBeGreaterThan(0);
    for (const link of links) {
      const answer = await member.as.get(link);
      expect(answer.status(), filename).toBe(200);
      const headers = answer.headers();
      expect(headers["x-evil"]).toBeUndefined();
      expect(headers["content-disposition"], filename).toMatch(
        /^attachment; filename=(?:"(?:[^"\\/\r\n]|\\["\\])*"|[\w.-]+)(; filename\*=UTF-8''[\w%.!~*'()-]+)?$/,
      );
      expect(headers["content-disposition"], filename).not.toMatch(/%E2%80%AE|\.\./);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  }
});

test("ranges, however many and however strange, cost no more than the object", async ({ member }) => {
  const { id } = await deliver(member.as, await picture());
  const [row] = await withSql((sql) => sql`select media_id from uploads where id = ${id}`);
  const { url } = await (await member.as.get(`/m/${row?.media_id}/original`)).json();
  const whole = (await (await member.as.get(url)).body()).length;
  for (const range of [
    `bytes=${Array.from({ length: 1_000 }, () => "0-").join(",")}`,
    "bytes=0-0,1-1,2-2",
    "bytes=-99999999999999999999",
    "bytes=5-1",
    "bytes=0-18446744073709551616",
    "bytes=abc",
    "lines=1-2",
    "bytes=-0",
  ]) {
    const answer = await member.as.get(url, { headers: { range } });
    expect([200, 206, 400, 416], range.slice(0, 40)).toContain(answer.status());
    if (answer.status() < 300) expect((await answer.body()).length).toBeLessThanOrEqual(whole);
  }
});

test("a session's cookie is out of reach of scripts and of other sites", async ({ other }) => {
  const as = await stranger();
  const answer = await signInAs(as, other);
  const cookies = answer
    .headersArray()
    .filter(({ name }) => name.toLowerCase() === "set-cookie")
    .map(({ value }) => value);
  const session = cookies.filter((cookie) => /session/.test(cookie));
  expect(session).toHaveLength(1);
  for (const cookie of cookies) {
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).toMatch(/; Path=\//i);
    expect(cookie).not.toMatch(/; Domain=/i);
  }
  await as.dispose();
});

test("eight hundred connections that say nothing or half a sentence keep nobody out, and are cut", async ({
  member,
}) => {
  expect((await deliver(member.as, await picture())).fate).toBe("ready");
  for (const path of ["/", "/sign-in", "/api/uploads"])
    expect((await member.as.get(path)).status(), path).toBe(200);
  // 15 seconds for a head at the web server, 20 at the store, looked at every five.
  await expect
    .poll(() => held.filter(({ open }) => open).map(({ at }) => at), { timeout: 60_000 })
    .toEqual([]);
  expect((await member.as.get("/api/health/ready")).status()).toBe(200);
});
