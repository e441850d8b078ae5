import type { APIResponse } from "playwright/test";
import { port, storePort } from "./ports.ts";
import { expect, leaveNothingPublic, test } from "./test.ts";

const origin = `http://localhost:${port}`;
const headers = { origin, "content-type": "application/json" };
const file = {
  clientToken: "6f0e5a0e-7d1e-4c57-9c51-111111111111",
  filename: "a.jpg",
  bytes: 10,
  mime: "image/jpeg",
  sha256: "0".repeat(64),
};
const codeOf = async (response: APIResponse): Promise<string> => (await response.json()).code;

test.afterAll(leaveNothingPublic);

test("a changing request from another site, from nowhere or in another type is refused (A-38, A-39, R-80)", async ({
  member,
}) => {
  const data = JSON.stringify({ uploads: [file] });
  for (const bad of [
    { "content-type": "application/json", origin: "http://evil.example" },
    { "content-type": "application/json", origin: "null" },
    { "content-type": "application/json" },
    { "content-type": "application/json", origin: "http://evil.example", "x-forwarded-host": "evil.example" },
  ]) {
    const answer = await member.request.fetch("/api/uploads", {
      method: "POST",
      data,
      headers: bad as Record<string, string>,
    });
    expect(answer.status()).toBe(403);
  }
  const plain = await member.request.post("/api/uploads", {
    data,
    headers: { origin, "content-type": "text/plain" },
  });
  expect([plain.status(), await codeOf(plain)]).toEqual([415, "wrong_content_type"]);
});

test("broken, hostile and oversized JSON is answered with a code, never a crash (A-40, A-41, A-18, A-22)", async ({
  member,
}) => {
  const ask = (data: string) => member.request.post("/api/uploads", { data: Buffer.from(data), headers });
  const declared = (changes: object): string => JSON.stringify({ uploads: [{ ...file, ...changes }] });
  const cases: [string, string, number][] = [
    ["no JSON", "{", 400],
    ["nothing", "", 400],
    ["an array", "[]", 400],
    ["deep nesting", "[".repeat(60_000), 400],
    ["deep but closed", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, 400],
    ["12 MB", `{"uploads":"${"x".repeat(12_000_000)}"}`, 413],
    ["a prototype", '{"uploads":[],"__proto__":{"role":"owner"}}', 400],
    ["an unknown field", JSON.stringify({ uploads: [file], key: "media/x.jpg" }), 400],
    ["51 files", JSON.stringify({ uploads: Array.from({ length: 51 }, () => file) }), 400],
    ["bytes -1", declared({ bytes: -1 }), 400],
    ["bytes 0", declared({ bytes: 0 }), 400],
    ["bytes 1.5", declared({ bytes: 1.5 }), 400],
    ["bytes 1e21", declared({ bytes: 1e21 }), 400],
    ["bytes as text", declared({ bytes: "5" }), 400],
    ["bytes 2^53", declared({ bytes: 2 ** 53 }), 400],
    ["a NUL", declared({ filename: "a\0.jpg" }), 400],
    ["an empty name", declared({ filename: "\u202e\r\n" }), 400],
    ["SVG", declared({ mime: "image/svg+xml" }), 400],
    ["a short digest", declared({ sha256: "abc" }), 400],
  ];
  for (const [what, data, status] of cases) {
    const answer = await ask(data);
    expect(answer.status(), what).toBe(status);
    const body = await answer.json();
    expect(body.code, what).toBeTruthy();
    expect(body.detail, what).toMatch(/\.$/);
    expect(answer.headers()["cache-control"], what).toBe("no-store");
  }
});

test("names that try to be paths, headers or scripts become plain text (A-19, A-20, A-21)", async ({
  member,
}) => {
  const names = [
    "../../etc/passwd.jpg",
    "a/b\\c.jpg",
    "CON.jpg",
    ".htaccess",
    "x.jpg.html",
    '"><script>.jpg',
    "a\u202egpj.exe",
    "\ud800.jpg",
    "제주 📷.jpg",
  ];
  const uploads = names.map((filename, n) => ({
    ...file,
    filename,
    clientToken: `6f0e5a0e-7d1e-4c57-9c51-22222222222${n}`,
    sha256: String(n).padStart(64, "0"),
  }));
  const answer = await member.request.post("/api/uploads", { data: { uploads }, headers });
  expect(answer.status()).toBe(200);
  for (const issued of (await answer.json()).uploads) {
    expect(issued.fields.key).toMatch(/^incoming\/[a-z2-7]{32}$/);
    expect(JSON.stringify(issued.fields)).not.toMatch(/passwd|script|htaccess|제주/);
  }
  const open = await (await member.request.get("/api/uploads")).json();
  expect(open.uploads.map((row: { filename: string }) => row.filename)).toContain("passwd.jpg");
});

test("ids that cannot be, and other people's, are the same 404 (A-16, A-17, A-51)", async ({
  member,
  admin,
}) => {
  const mine = await admin.request.post("/api/uploads", {
    data: { uploads: [{ ...file, sha256: "a".repeat(64) }] },
    headers,
  });
  const [{ id }] = (await mine.json()).uploads;
  for (const bad of [id, "%00", "x".repeat(10_000), "1", "0192d2b0-0000-7000-8000-000000000000"])
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/complete"],
      ["POST", "/renew"],
    ] as const) {
      const answer = await member.request.fetch(`/api/uploads/${bad}${path}`, {
        method,
        headers,
        ...(method === "POST" ? { data: "{}" } : {}),
      });
      expect([400, 404], `${method} ${bad.slice(0, 20)}${path}`).toContain(answer.status());
    }
  for (const bad of ["%00", "x".repeat(5_000), "not-a-uuid", "0192d2b0-0000-7000-8000-000000000000"])
    expect([400, 404]).toContain((await member.request.get(`/m/${bad}`)).status());
});

test("nobody uploads without an account, and a body cannot name a key (A-18)", async ({ page, member }) => {
  const anonymous = await page.request.post("/api/uploads", { data: { uploads: [file] }, headers });
  expect([anonymous.status(), await codeOf(anonymous)]).toEqual([401, "unauthenticated"]);
  const sly = await member.request.post("/api/uploads/0192d2b0-0000-7000-8000-000000000000/complete", {
    data: { key: "media/other.jpg", size: 1, etag: "x" },
    headers,
  });
  expect(await codeOf(sly)).toBe("unknown_field");
});

test("health is asked anew each time and says nothing secret (R-82)", async ({ request }) => {
  for (const path of ["/api/health/live", "/api/health/ready"]) {
    const answer = await request.get(path);
    expect(answer.status()).toBe(200);
    expect(answer.headers()["cache-control"]).toBe("no-store");
    expect(await answer.text()).not.toMatch(/postgres|secret|127\.0\.0\.1|password/i);
  }
});

test("every page carries a strict policy with a nonce of its own", async ({ request }) => {
  const nonces = new Set<string>();
  for (const path of ["/", "/sign-in", "/no-such-page", "/m/nothing"]) {
    const answer = await request.get(path);
    const policy = answer.headers()["content-security-policy"] ?? "";
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(policy).not.toMatch(/script-src[^;]*('unsafe-inline'|'unsafe-eval'|\*)/);
    const html = await answer.text();
    const scripts = html.match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length, path).toBeGreaterThan(0);
    for (const script of scripts) expect(script, path).toContain(`nonce="${nonce}"`);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(4);
});

test("the bucket shows nothing without a signature, and a signature opens one thing in one way (A-46, A-47, A-48)", async ({
  admin,
  request,
}) => {
  for (const path of ["", "/media/x.jpg", "/incoming/x", "/?list-type=2"])
    expect((await request.get(`http://localhost:${storePort}/tintype${path}`)).status(), path).toBe(403);
  await admin.goto("/");
  const { upload } = await import("./test.ts");
  const { photograph } = await import("./pictures.ts");
  await upload(admin, [await photograph(60)]);
  await admin.goto("/");
  const url = new URL(
    await admin
      .locator("main a[href^='/m/'] img")
      .first()
      .evaluate((img: HTMLImageElement) => img.currentSrc || img.src),
  );
  expect((await request.get(url.href)).status()).toBe(200);
  const bend = (change: (url: URL) => void): string => {
    const bent = new URL(url);
    change(bent);
    return bent.href;
  };
  for (const bent of [
    bend((u) => {
      u.pathname = u.pathname.replace(/\/\d+\.(avif|jpg)$/, "/1.$1");
    }),
    bend((u) => u.searchParams.set("response-content-type", "text/html")),
    bend((u) => u.searchParams.set("X-Amz-Expires", "604800")),
  ])
    expect((await request.get(bent)).status()).toBe(403);
  expect((await request.head(url.href)).status()).toBe(403);
});
