/** The site with its scripts, styles and public files in the bucket (STATIC_URL): nothing of them comes from the site. */
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Page, Request } from "playwright/test";
import { photograph } from "./pictures.ts";
import { secondPorts } from "./ports.ts";
import { startSecond } from "./second.ts";
import { expect, leaveNothingPublic, test, upload, visit } from "./test.ts";
import { type Account, account, environmentOf, type Place } from "./world.ts";

const project = path.join(import.meta.dirname, "..");
const place: Place = {
  data: path.join(tmpdir(), `tintype-e2e-static-${process.pid}`),
  port: secondPorts.port,
  storePort: secondPorts.storePort,
};
const site = `http://localhost:${place.port}`;
const staticUrl = `http://localhost:${place.storePort}/tintype/static`;
/** A build is made for one STATIC_URL; the folder is one that git does not see. */
const settings = { STATIC_URL: staticUrl, TINTYPE_BUILD: ".next-static", NEXT_TELEMETRY_DISABLED: "1" };
const buildMs = 480_000;

test.use({ baseURL: site, place });

let pushed: { files: { key: string; sent: boolean }[]; failed: unknown[] };
let stop: (() => Promise<void>) | undefined;

test.beforeAll(async () => {
  test.setTimeout(buildMs);
  stop = await startSecond(place, settings);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(project, "bin", "tintype.mjs"), "static", "push", "--json"],
    { env: { ...environmentOf(place), ...settings }, maxBuffer: 16 * 1024 ** 2 },
  );
  pushed = JSON.parse(stdout);
});
test.afterAll(() => stop?.());

async function signIn(page: Page, who: Account): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

test.afterAll(leaveNothingPublic);

test("scripts, styles and public files come from the bucket, and every page works with them", async ({
  context,
  page,
}) => {
  expect(pushed.failed).toEqual([]);
  expect(pushed.files.every((file) => file.sent)).toBe(true);
  const asked: Request[] = [];
  const failed: string[] = [];
  context.on("request", (request) => asked.push(request));
  context.on("response", (response) => {
    if (response.url().startsWith(staticUrl) && !response.ok()) failed.push(response.url());
  });
  // An uncaught error fails the test; not every address that the policy refuses is one by itself.
  await page.addInitScript(() =>
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      if (blockedURI.startsWith("http"))
        reportError(new Error(`refused by the policy: ${effectiveDirective} ${blockedURI}`));
    }),
  );

  await signIn(page, await account("member", place));
  // The upload page does nothing without its scripts, and reads the file in a background script.
  await upload(page, [await photograph(77)]);
  await page.getByRole("link", { name: "Gallery" }).first().click();
  const tile = page.locator("main a[href^='/m/']").first();
  await tile.click();
  await expect(page.getByRole("dialog").getByRole("img").first()).toBeVisible();
  await visit(page, "/account");
  await expect(page.locator("body")).toHaveCSS("margin", "0px");

  const built = asked.filter((request) => request.url().includes("/_next/static/"));
  const inBucket = built.map((request) => request.url()).filter((url) => url.startsWith(staticUrl));
  expect(inBucket.filter((url) => url.endsWith(".js")).length).toBeGreaterThan(5);
  expect(inBucket.filter((url) => url.endsWith(".css")).length).toBeGreaterThan(0);
  const elsewhere = built.filter((request) => !request.url().startsWith(staticUrl));
  const ofPages: string[] = [];
  for (const request of elsewhere) if (!(await isOfWorker(request))) ofPages.push(request.url());
  expect(ofPages).toEqual([]);
  expect(failed).toEqual([]);

  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  expect(icon).toBe(`${staticUrl}/icon.svg`);
  const answer = await page.request.get(icon ?? "");
  expect(answer.headers()["content-type"]).toBe("image/svg+xml; charset=utf-8");
});

test("what is in the bucket is kept for a year, packed, and of the right type", async ({ page }) => {
  const answer = page.waitForResponse((response) => response.url().endsWith(".css"));
  await page.goto("/sign-in");
  const headers = (await answer).headers();
  expect(headers["content-type"]).toBe("text/css; charset=utf-8");
  expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect(headers["content-encoding"]).toBe("gzip");
});

test("nothing of the bucket is open but static/", async ({ request }) => {
  const store = new URL(staticUrl).origin;
  for (const closed of [
    "tintype",
    "tintype/",
    "tintype/media/x",
    "tintype/derived/x/320.avif",
    "tintype/incoming/x",
  ])
    expect((await request.get(`${store}/${closed}`)).status(), closed).toBe(403);
});

const workerName = "/_next/static/chunks/turbopack-worker-";

/** A browser starts a background script, and what that script loads, from the page's own origin only. */
async function isOfWorker(request: Request): Promise<boolean> {
  const from = (await request.headerValue("referer")) ?? "";
  return [request.url(), from].some((url) => url.startsWith(`${site}${workerName}`));
}
