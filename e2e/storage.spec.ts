import { readFileSync } from "node:fs";
import path from "node:path";
import { parseSettings, required } from "#lib/env.ts";
import type { CorsRule } from "#lib/storage/port.ts";
import { openBucket } from "#lib/storage/s3.ts";
import { port } from "./ports.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, visit } from "./test.ts";
import { owner, tintype } from "./world.ts";

/** The bucket of the running instance, as someone with its keys can change it. */
async function withBucket<T>(work: (bucket: ReturnType<typeof openBucket>) => Promise<T>): Promise<T> {
  const { environment } = JSON.parse(readFileSync(path.join(process.env.E2E_DATA ?? "", "run.json"), "utf8"));
  const bucket = openBucket(required(parseSettings(environment).bucket, "S3_BUCKET"));
  try {
    return await work(bucket);
  } finally {
    bucket.close();
  }
}

const examineMs = 60_000;

test.afterAll(leaveNothingPublic);

test("an administrator sees where pictures are kept and has all of it examined, from the server and from here", async ({
  admin,
}) => {
  await visit(admin, "/admin/media");
  await admin.getByRole("link", { name: "Storage" }).click();
  await expect(admin.getByRole("heading", { level: 1 })).toHaveText("Storage");
  await expect(admin.getByRole("main")).toContainText("ap-northeast-2");
  await expect(admin.getByRole("main")).not.toContainText(/secret/i);

  const server = admin.getByRole("region", { name: "From the server" });
  await server.getByRole("button", { name: "Examine the bucket" }).press("Enter");
  await expect(server.getByRole("progressbar")).toBeVisible();
  await expect(server.getByRole("status").filter({ hasText: "Everything works" })).toBeVisible({
    timeout: examineMs,
  });
  const browser = admin.getByRole("region", { name: "From this browser" });
  await browser.getByRole("button", { name: "Try from this browser" }).click();
  await expect(browser.getByRole("status").filter({ hasText: "Everything works" })).toBeVisible({
    timeout: examineMs,
  });
  await browser.getByText("5 probes are well").click();
  await expect(browser.getByText("A picture is read here, byte for byte")).toBeVisible();
  await server.getByText(/\d+ probes are well/).click();
  await accessible(admin);
  await admin.setViewportSize({ width: 360, height: 740 });
  await fits(admin);
});

test("a bucket whose CORS rule is for another site is named with the change, and is well again after it", async ({
  browser,
}) => {
  const right = await withBucket((bucket) => bucket.cors());
  const other: CorsRule = {
    origins: ["https://other.example"],
    methods: ["POST", "PUT"],
    headers: ["*"],
    expose: [],
  };
  // Of its own: the browser remembers for an hour what a preflight allowed.
  const page = await signedIn(browser, owner);
  try {
    await withBucket((bucket) => bucket.setCors([other]));
    await visit(page, "/admin/storage");
    await page.getByRole("button", { name: "Examine the bucket" }).click();
    const server = page.getByRole("region", { name: "From the server" });
    await expect(server.getByRole("alert")).toContainText("One thing is wrong", { timeout: examineMs });
    await expect(server).toContainText(`name https://other.example, not http://localhost:${port}`);
    await expect(server).toContainText("tintype storage cors apply");
    await page.getByRole("button", { name: "Try from this browser" }).click();
    const here = page.getByRole("region", { name: "From this browser" });
    await expect(here.getByRole("alert")).toContainText("wrong", { timeout: examineMs });
    await expect(here).toContainText(`CORS: the bucket does not let a page of http://localhost:${port} POST`);
    await expect(here).toContainText("tintype storage cors apply");
    await accessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await fits(page);

    await tintype(["storage", "cors", "apply", "--yes"]);
    await page.getByRole("button", { name: "Examine again" }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    for (const part of [server, here])
      await expect(part.getByRole("status").filter({ hasText: "Everything works" })).toBeVisible({
        timeout: examineMs,
      });
  } finally {
    await withBucket((bucket) => bucket.setCors(right));
    await page.context().close();
  }
});

test("a server that does not answer is said to be that, and can be asked again", async ({ admin }) => {
  await admin.goto("/admin/storage");
  await admin.route("**/api/storage/**", (route) => route.abort());
  await admin.getByRole("button", { name: "Examine the bucket" }).click();
  await admin.getByRole("button", { name: "Try from this browser" }).click();
  await expect(admin.getByRole("alert").filter({ hasText: "The examination broke off" })).toHaveCount(2);
  await accessible(admin);
  await admin.unroute("**/api/storage/**");
  await admin.getByRole("button", { name: "Try again" }).click();
  await expect(admin.getByRole("status").filter({ hasText: "Everything works" })).toBeVisible({
    timeout: examineMs,
  });
});

test("the storage is nobody's business but the administrators'", async ({ member, page }) => {
  expect((await member.goto("/admin/storage"))?.status()).toBe(403);
  const asked = await member.evaluate(async () => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    return (await fetch("/api/storage/examine", init)).status;
  });
  expect(asked).toBe(403);
  await page.goto("/admin/storage");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
});
