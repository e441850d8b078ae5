import { animation, photograph } from "./pictures.ts";
import { storePort } from "./ports.ts";
import { accessible, choose, expect, leaveNothingPublic, signedIn, test, upload, visit } from "./test.ts";
import { account, withSql } from "./world.ts";

const tiles = "main a[href^='/m/']";

test.afterAll(leaveNothingPublic);

test("a private picture is nobody else's, a public one is everybody's, until it is private again", async ({
  member,
  browser,
}) => {
  await upload(member, [await photograph(2, { gps: true })]);
  await member.goto("/");
  await member.locator(tiles).first().click();
  await expect(member).toHaveURL(/\/m\//);
  const path = new URL(member.url()).pathname;
  const stranger = await (await browser.newContext()).newPage();
  const other = await signedIn(browser, await account("member"));
  for (const page of [stranger, other]) {
    expect((await page.goto(path))?.status()).toBe(404);
    await page.goto("/");
    await expect(page.locator(`a[href='${path}']`)).toHaveCount(0);
  }

  await visit(member, path);
  await expect(member.getByText("33.45", { exact: false })).toBeVisible();
  await member.getByRole("radio", { name: /Everybody/ }).check();
  await expect(member.getByText("Changed.")).toBeVisible();

  expect((await stranger.goto(path))?.status()).toBe(200);
  await accessible(stranger);
  const html = await stranger.content();
  // where it was taken is the owner's alone, in the page and in every byte that is served.
  expect(html).not.toContain("33.45");
  expect(html).toContain('property="og:image"');
  await expect(stranger.getByRole("radio")).toHaveCount(0);
  const served = await stranger
    .locator("main img, dialog img")
    .first()
    .evaluate((img: HTMLImageElement) => img.currentSrc);
  const bytes = Buffer.from(await (await stranger.request.get(served)).body());
  expect(bytes.includes(Buffer.from("Exif\0\0"))).toBe(false);

  await member.getByRole("radio", { name: /Only you/ }).check();
  await expect(member.getByText("Changed.")).toBeVisible();
  await expect.poll(async () => (await stranger.goto(path))?.status()).toBe(404);
  await stranger.context().close();
  await other.context().close();
});

test("an unlisted picture is found by its link and listed nowhere", async ({ member, browser }) => {
  await upload(member, [await photograph(3)]);
  await member.goto("/");
  await member.locator(tiles).first().click();
  await member.getByRole("radio", { name: /Anyone with the link/ }).check();
  await expect(member.getByText("Changed.")).toBeVisible();
  const path = new URL(member.url()).pathname;
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto("/");
  await expect(stranger.locator(`a[href='${path}']`)).toHaveCount(0);
  expect((await stranger.goto(path))?.status()).toBe(200);
  await expect(stranger.locator('meta[name="robots"]')).toHaveAttribute("content", /noindex/);
  await expect(stranger.locator('meta[property="og:image"]')).toHaveCount(0);
  await stranger.context().close();
});

test("a picture whose tab was killed after the bucket answered still arrives (F-4)", async ({
  member,
  browser,
}) => {
  const drawn = await photograph(4);
  await member.goto("/upload");
  // The browser never gets to say that it is done.
  await member.route("**/api/uploads/complete", () => {});
  const stored = member.waitForResponse(
    (response) => new URL(response.url()).host === `localhost:${storePort}` && response.status() === 201,
  );
  await choose(member, [drawn]);
  await stored;
  const cookies = await member.context().cookies();
  await member.close({ runBeforeUnload: false });

  await withSql(async (sql) => {
    await sql`update uploads set policy_expires_at = now() - interval '2 hours' where filename = ${drawn.name} and state = 'issued'`;
    await sql`select graphile_worker.add_job('sweep')`;
  });
  const context = await browser.newContext();
  await context.addCookies(cookies);
  const page = await context.newPage();
  await expect
    .poll(
      async () => {
        await page.goto("/");
        return page.locator(tiles).count();
      },
      { timeout: 30_000 },
    )
    .toBe(1);
  await context.close();
});

test("the same picture twice is named before a byte moves, and what is no picture says why", async ({
  member,
}) => {
  const drawn = await photograph(5);
  await upload(member, [drawn]);
  let sent = 0;
  member.on("request", (request) => {
    if (new URL(request.url()).host === `localhost:${storePort}` && request.method() === "POST") sent += 1;
  });
  await member.goto("/upload");
  await choose(member, [
    { ...drawn, name: "again.jpg" },
    {
      name: "page.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.from("<!doctype html><title>no</title>".padEnd(500)),
    },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") },
    { name: "camera.nef", mimeType: "", buffer: Buffer.from("MM") },
  ]);
  const main = member.getByRole("main");
  // The page may still hold the first one, and then names it as its twin.
  await expect(main).toContainText(/Already in your gallery|The same picture is in this upload already/);
  await expect(main).toContainText("This is not a picture, whatever its name says.");
  await expect(main).toContainText("raw");
  await accessible(member);
  expect(sent, "only the page that claims to be a picture is sent").toBe(1);
});

test("after a reload the page shows what was under way and goes on with it", async ({ member }) => {
  await member.goto("/upload");
  await member.route(`http://localhost:${storePort}/**`, (route) =>
    route.request().method() === "POST" ? route.abort() : route.continue(),
  );
  const drawn = await photograph(6, { name: "unfinished.jpg" });
  await choose(member, [drawn]);
  await expect
    .poll(() =>
      withSql(async (sql) => (await sql`select 1 from uploads where filename = 'unfinished.jpg'`).length),
    )
    .toBe(1);
  member.on("dialog", (dialog) => void dialog.accept());
  await member.unrouteAll();
  await member.reload();
  await expect(member.getByRole("main")).toContainText("unfinished.jpg");
  await accessible(member);
  await choose(member, [drawn]);
  await expect(member.getByRole("main")).toContainText(/1 picture added/, { timeout: 30_000 });
});

test("leaving with work in hand asks first", async ({ member }) => {
  await member.goto("/upload");
  await member.route(`http://localhost:${storePort}/**`, () => {});
  const sending = member.waitForRequest(
    (request) => request.url().startsWith(`http://localhost:${storePort}`) && request.method() === "POST",
  );
  await choose(member, [await photograph(7)]);
  await sending;
  await expect(member.getByRole("progressbar").first()).toBeVisible();
  // A browser asks only people who have touched the page.
  await member.getByRole("heading", { level: 1 }).click();
  const asked = member.waitForEvent("dialog");
  const leaving = member.goto("/").catch((error: Error) => error.message);
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.accept();
  await leaving;
});

test("an animation plays, and can be stopped", async ({ member }) => {
  await upload(member, [await animation(6)]);
  await member.goto("/");
  await member.locator(tiles).first().click();
  await expect(member.getByRole("button", { name: "Pause animation" })).toBeVisible();
  await member.getByRole("button", { name: "Pause animation" }).click();
  await expect(member.getByRole("button", { name: "Play animation" })).toBeVisible();
});

test("a deleted picture is gone at once, comes back by undo, and its objects go when its time is over", async ({
  member,
}) => {
  await upload(member, [await photograph(8)]);
  await member.goto("/");
  const path = await member.locator(tiles).first().getAttribute("href");
  await member.goto(path ?? "");
  const source = await member
    .locator("main img")
    .first()
    .evaluate((img: HTMLImageElement) => img.currentSrc);
  await member.getByRole("button", { name: "Move to trash" }).click();
  await expect(member.getByText("Moved to the trash")).toBeVisible();
  await member.getByRole("button", { name: "Undo" }).click();
  await expect(member.getByText("The picture is back.")).toBeVisible();

  await member.getByRole("button", { name: "Move to trash" }).click();
  await expect(member.getByText("Moved to the trash")).toBeVisible();
  expect((await member.goto(path ?? ""))?.status()).toBe(404);
  expect((await member.request.get(source)).status()).toBe(200);
  await withSql(async (sql) => {
    const id = path?.split("/").at(-1) ?? "";
    await sql`update purges set not_before = now() where media_id = ${id} and done_at is null`;
    await sql`select graphile_worker.add_job('purge')`;
  });
  await expect.poll(async () => (await member.request.get(source)).status(), { timeout: 20_000 }).toBe(404);
});
