import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, upload, visit } from "./test.ts";
import { account } from "./world.ts";

const tiles = "main a[href^='/m/']";

test.afterAll(leaveNothingPublic);

test("a member finds in the trash what was moved there, and takes it back", async ({ member }) => {
  const name = `lost-${Date.now()}`;
  await upload(member, [await photograph(70, { name: `${name}.jpg` })]);
  await visit(member, "/trash");
  await expect(member.getByRole("main")).toContainText("Nothing in the trash");
  await member.goto("/");
  await member.locator(tiles).first().click();
  await member.getByRole("button", { name: "Move to trash" }).click();
  await expect(member.getByText("Moved to the trash")).toBeVisible();
  await member.goto("/");
  await expect(member.getByRole("main")).not.toContainText(name);

  await member.getByRole("button", { name: /^Account of/ }).click();
  await member.getByRole("link", { name: "Trash" }).click();
  await expect(member).toHaveURL(/\/trash$/);
  const row = member.getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("removed for good on");
  await accessible(member);
  await member.getByRole("button", { name: "Restore selected" }).click();
  await expect(member.getByText("Select at least one picture")).toBeVisible();
  await member.getByLabel("Select all").check();
  await expect(row.getByRole("checkbox")).toBeChecked();
  await member.getByRole("button", { name: "Restore selected" }).click();
  await expect(member.getByText("The picture is back.")).toBeVisible();
  await expect(row).toHaveCount(0);
  await accessible(member);
  await member.goto("/");
  await member.locator(tiles).first().click();
  await expect(member.getByRole("dialog")).toContainText(name);
});

test("without JavaScript, on a phone, what is ticked comes back, and what was uploaded again is told", async ({
  member,
  browser,
}) => {
  const name = `plain-${Date.now()}`;
  const drawn = await Promise.all([0, 1, 2].map((n) => photograph(80 + n, { name: `${name}-${n}.jpg` })));
  await upload(member, drawn);
  for (let left = drawn.length; left > 0; left--) {
    await member.goto("/");
    await expect(member.locator(tiles)).toHaveCount(left);
    await member.goto((await member.locator(tiles).first().getAttribute("href")) ?? "");
    await member.getByRole("button", { name: "Move to trash" }).click();
    await expect(member.getByText("Moved to the trash")).toBeVisible();
  }
  // In a window of its own: the one before still lists what it sent.
  const later = await browser.newContext();
  await later.addCookies(await member.context().cookies());
  await upload(await later.newPage(), drawn.slice(0, 1));
  await later.close();

  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 360, height: 740 },
  });
  await context.addCookies(await member.context().cookies());
  const page = await context.newPage();
  await page.goto("/trash");
  await expect(page.getByRole("listitem").filter({ hasText: name })).toHaveCount(3);
  await expect(page.getByLabel("Select all")).toBeHidden();
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: "Restore selected" }).click();
  await expect(page.getByRole("main")).toContainText("2 pictures are back. One stays in the trash");
  await expect(page.getByRole("listitem").filter({ hasText: name })).toHaveCount(1);
  await context.close();

  await member.setViewportSize({ width: 360, height: 740 });
  await visit(member, "/trash");
  await fits(member);
});

test("a stranger is asked to sign in, who may only look has nothing to restore", async ({
  page,
  browser,
}) => {
  await page.goto("/trash");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Ftrash/);
  const viewer = await signedIn(browser, await account("viewer"));
  await visit(viewer, "/trash");
  await expect(viewer.getByRole("main")).toContainText("ask an administrator");
  await viewer.context().close();
});
