import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, test, upload, visit } from "./test.ts";
import { withSql } from "./world.ts";

test.setTimeout(120_000);

const tiles = "main a[href^='/m/']";
const bar = (page: Page) => page.getByRole("region", { name: "Selected pictures" });
const shown = async (page: Page): Promise<string[]> =>
  page.locator(tiles).evaluateAll((links) => links.map((link) => link.querySelector("img")?.alt ?? ""));

async function withPictures(page: Page, count: number): Promise<void> {
  const name = `album-${Date.now()}`;
  const drawn = [];
  for (let n = 0; n < count; n++) drawn.push(await photograph(400 + n, { name: `${name}-${n}.jpg` }));
  await upload(page, drawn);
  await withSql(
    (sql) => sql`
      update media set alt = substring(filename from '-([0-9]+)\\.jpg$'),
        taken_at = timestamptz '2013-05-01T12:00:00Z' + substring(filename from '-([0-9]+)\\.jpg$')::int * interval '1 day'
      where filename like ${`${name}-%`}`,
  );
}

test.afterAll(leaveNothingPublic);

test("an album is made from a selection, named, ordered by keys, dragged by the mouse, and deleted without its pictures", async ({
  member,
}) => {
  await visit(member, "/albums");
  await expect(member.getByText("No albums yet")).toBeVisible();
  await withPictures(member, 4);
  await member.goto("/");
  await expect(member.locator(tiles)).toHaveCount(4);
  await member.locator(tiles).first().focus();
  await member.keyboard.press("Control+a");
  await bar(member).getByRole("button", { name: "Add to album" }).click();
  await member.getByLabel("Find or name an album").fill("Busan");
  await member.getByRole("button", { name: "Create “Busan”" }).click();
  await expect(member.getByText("4 pictures added to “Busan”.")).toBeVisible();

  await member.getByRole("link", { name: "Albums" }).click();
  await member.getByRole("link", { name: /Busan/ }).click();
  await expect(member.getByRole("heading", { level: 1 })).toHaveText("Busan");
  await accessible(member);
  expect(await shown(member)).toEqual(["0", "1", "2", "3"]);

  await member.locator(tiles).nth(0).focus();
  await member.keyboard.press("Alt+Shift+ArrowRight");
  await expect(member.getByText("1 picture moved.")).toBeVisible();
  expect(await shown(member)).toEqual(["1", "0", "2", "3"]);
  await member
    .locator(tiles)
    .nth(3)
    .dragTo(member.locator(tiles).nth(0), { targetPosition: { x: 8, y: 120 } });
  await expect.poll(() => shown(member)).toEqual(["3", "1", "0", "2"]);
  await member.reload();
  expect(await shown(member)).toEqual(["3", "1", "0", "2"]);
  await expect(member.getByLabel("Order")).toHaveValue("manual");

  // Two at once by the buttons, and back again.
  await member.locator(tiles).nth(2).hover();
  const boxes = member.getByRole("checkbox", { name: /^Select: / });
  await boxes.nth(2).click();
  await boxes.nth(3).click();
  await bar(member).getByRole("button", { name: "Move earlier" }).click();
  await expect.poll(() => shown(member)).toEqual(["3", "0", "2", "1"]);
  await member.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => shown(member)).toEqual(["3", "1", "0", "2"]);
  await bar(member).getByRole("button", { name: "Remove from album" }).click();
  await expect.poll(() => shown(member)).toEqual(["3", "1"]);
  await member.getByRole("button", { name: "Undo" }).click();
  await expect(member.locator(tiles)).toHaveCount(4);

  await member.getByText("Edit album", { exact: true }).click();
  await member.getByLabel("Title", { exact: true }).fill("Busan 2032");
  await member.getByRole("radio", { name: /^Public/ }).check();
  await accessible(member);
  await member.getByRole("button", { name: "Save" }).click();
  await expect(member.getByRole("heading", { level: 1 })).toHaveText("Busan 2032");
  await member.getByRole("button", { name: "Make its pictures visible too" }).click();
  await expect(member.getByText("4 pictures can be seen now.")).toBeVisible();

  const address = new URL(member.url()).pathname;
  const before = await shown(member);
  for (const undo of [true, false]) {
    if (undo === false) await member.getByText("Edit album", { exact: true }).click();
    await member.getByText("Delete album", { exact: true }).click();
    await member.getByRole("button", { name: "Yes, delete it" }).click();
    await expect(member).toHaveURL(/\/albums\?deleted=/);
    await expect(member.getByRole("status").filter({ hasText: "“Busan 2032” was deleted." })).toBeVisible();
    await expect(member.getByRole("link", { name: /Busan/ })).toHaveCount(0);
    if (!undo) break;
    await accessible(member);
    await member.getByRole("button", { name: "Undo" }).click();
    await expect(member).toHaveURL(new RegExp(`${address}$`));
    await expect(member.getByRole("heading", { level: 1 })).toHaveText("Busan 2032");
    expect(await shown(member)).toEqual(before);
  }
  await member.goto("/");
  await expect(member.locator(tiles).first()).toBeVisible();
  await withSql((sql) => sql`update media set visibility = 'private' where taken_at >= '2013-05-01'`);
});

test("albums lie in albums without script as well, and a private one is not there for others", async ({
  member,
  browser,
}) => {
  await member.goto("/albums");
  await member.getByText("New album", { exact: true }).click();
  await member.getByLabel("Title of the new album").fill("Years");
  await member.getByRole("button", { name: "Create album" }).click();
  await expect(member.getByRole("heading", { level: 1 })).toHaveText("Years");
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await member.context().storageState(),
    viewport: { width: 360, height: 740 },
  });
  const page = await plain.newPage();
  await page.goto(member.url());
  await page.getByText("New album", { exact: true }).click();
  await page.getByLabel("Title of the new album").fill("2032");
  await page.getByRole("button", { name: "Create album" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("2032");
  await expect(page.getByRole("navigation", { name: "Where this album is" })).toContainText("Years");
  await plain.close();

  await member.setViewportSize({ width: 360, height: 740 });
  await visit(member, "/albums");
  await fits(member);
  await member.getByRole("link", { name: /Years/ }).click();
  await expect(member.getByRole("heading", { level: 2, name: "Albums in this album" })).toBeVisible();
  await accessible(member);
  await fits(member);

  const stranger = await browser.newContext();
  const visitor = await stranger.newPage();
  const answer = await visitor.goto(member.url());
  expect(answer?.status()).toBe(404);
  await accessible(visitor);
  await stranger.close();
});
