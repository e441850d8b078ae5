import { photograph } from "./pictures.ts";
import { expect, fits, leaveNothingPublic, signedIn, test, visit } from "./test.ts";
import { account, withSql } from "./world.ts";

test.afterAll(leaveNothingPublic);

test("a picture gets into the gallery without JavaScript, and what goes wrong is told in words", async ({
  browser,
}) => {
  const who = await account("member");
  const page = await signedIn(browser, who, {
    javaScriptEnabled: false,
    viewport: { width: 360, height: 740 },
  });
  // The checker of accessibility is a script itself: it looks at the same pages in a browser that runs them.
  const checked = await signedIn(browser, who);
  const main = page.getByRole("main");
  const begin = async (name: string): Promise<void> => {
    await page.goto("/upload/plain");
    await page.getByLabel("A name for the picture").fill(name);
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("heading", { name: "Choose the picture" })).toBeVisible();
  };
  const send = async (file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> => {
    await page.getByLabel("Picture", { exact: true }).setInputFiles(file);
    await page.getByRole("button", { name: "Send" }).click();
  };
  const drawn = await photograph(71);

  await test.step("the upload page shows the way, and the bucket sends the browser back", async () => {
    await page.goto("/upload");
    await page.getByRole("link", { name: "send one picture at a time without it" }).click();
    await visit(checked, "/upload/plain");
    await begin("Harbour at night");
    await visit(checked, new URL(page.url()).pathname);
    await fits(page);
    await send(drawn);
    // Looks again by itself until the worker has read it.
    await expect(page.getByRole("heading", { name: "Added to your gallery" })).toBeVisible();
    expect(new URL(page.url()).search).not.toContain("key=");
    await visit(checked, new URL(page.url()).pathname);
    await page.getByRole("link", { name: "Open the picture" }).click();
    await expect(main).toContainText("Harbour at night");
  });

  await test.step("the same picture again, and what is no picture", async () => {
    await begin("");
    await send(drawn);
    await expect(page.getByRole("heading", { name: "It is in your gallery already" })).toBeVisible();
    await begin("");
    await send({ name: "page.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<!doctype html><p>no") });
    await expect(page.getByRole("heading", { name: "It was not added" })).toBeVisible();
  });

  await test.step("a form that was not sent waits, and can be discarded", async () => {
    await begin("Later");
    await page.goto("/upload/plain");
    await page.getByRole("button", { name: "Discard Later" }).click();
    await expect(main).toContainText("Discarded.");
    await expect(main).not.toContainText("Go on with Later");
  });

  await test.step("too little space: the bucket refuses, and the form is still there", async () => {
    await withSql(
      (sql) => sql`update quotas set limit_bytes = used_bytes + reserved_bytes + 300000
        where owner_id = (select id from users where email = ${who.email})`,
    );
    await begin("");
    await expect(main).toContainText("Your space has room for");
    await send({ name: "big.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(400_000, 1) });
    await expect(page.locator("body")).toContainText("EntityTooLarge");
    await page.goBack();
    await expect(page.getByRole("heading", { name: "Choose the picture" })).toBeVisible();
    await page.goto("/upload/plain");
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Your space is used up");
  });
  await page.context().close();
  await checked.context().close();
});
