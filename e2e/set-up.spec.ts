import { accessible, expect, test } from "./test.ts";
import { owner, setupLink } from "./world.ts";

test("the link that start printed makes the owner, once", async ({ page, browser }) => {
  await page.goto("/");
  await accessible(page);
  await expect(page.getByRole("main")).toContainText(/nothing/i);

  await page.goto(setupLink());
  await accessible(page);
  await page.getByLabel("Name").fill(owner.name);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/setup/);
  await expect(page.getByRole("link", { name: "Admin" })).toBeVisible();

  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(setupLink());
  await expect(stranger.getByRole("main")).toContainText("This link has been used");
  await accessible(stranger);
  await stranger.context().close();
});
