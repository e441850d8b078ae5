/** What other sites, feed readers and search engines see: public pictures, and nothing but them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, upload, visit } from "./test.ts";
import { account, main, withSql } from "./world.ts";

const origin = `http://localhost:${main().port}`;

test.afterAll(leaveNothingPublic);

test("a public picture is told of everywhere, and nowhere any more once it is private", async ({
  browser,
  page,
  request,
}) => {
  const member = await account("member");
  const hers = await signedIn(browser, member);
  await upload(hers, [await photograph(7_101, { name: "harbour-secret.jpg", gps: true })]);
  await hers.context().close();
  const [row] = await withSql(
    (sql) => sql`update media set visibility = 'public', title = 'Boats & <nets>' where owner_id =
      (select id from users where email = ${member.email}) returning id`,
  );
  const id = String(row?.id);

  // The page tells of itself, and nothing in it breaks the security policy (the console would say so).
  await visit(page, `/m/${id}`);
  const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? "");
  expect(data).toMatchObject({ "@type": "ImageObject", name: "Boats & <nets>" });
  const discovery = await page.locator('link[type="application/json+oembed"]').getAttribute("href");
  const photo = await (await request.get(discovery ?? "")).json();
  expect(photo).toMatchObject({ type: "photo", title: "Boats & <nets>" });

  // The address in it stays, and leads to the bucket for now.
  const moved = await request.get(photo.url, { maxRedirects: 0 });
  expect(moved.status()).toBe(302);
  expect(moved.headers().location).toContain(`:${main().storePort}/`);
  expect((await request.get(photo.url)).headers()["content-type"]).toBe("image/jpeg");

  const feed = await request.get("/feed.xml");
  expect(feed.headers()["content-type"]).toContain("application/rss+xml");
  for (const path of ["/feed.xml", "/feed.json", "/sitemap/all.xml", "/embed"]) {
    const text = await (await request.get(path)).text();
    expect(text, path).toContain(id);
    expect(text, path).not.toMatch(/harbour-secret|37\.5|@example\.com/);
  }
  const again = await request.get("/feed.xml", { headers: { "if-none-match": feed.headers().etag ?? "" } });
  expect(again.status()).toBe(304);
  expect(await (await request.get("/robots.txt")).text()).toContain(`Sitemap: ${origin}/sitemap.xml`);
  expect((await request.get("/sitemap.xml")).status()).toBe(200);

  await withSql((sql) => sql`update media set visibility = 'private' where id = ${id}`);
  for (const path of ["/feed.xml", "/feed.json", "/sitemap/all.xml", "/embed"])
    expect(await (await request.get(path)).text(), path).not.toContain(id);
  expect((await request.get(`/m/${id}/picture.jpg`, { maxRedirects: 0 })).status()).toBe(404);
  expect((await request.get(discovery ?? "")).status()).toBe(404);
});

test("another site shows the gallery in a frame, without cookies; no other page of ours can be framed", async ({
  browser,
}) => {
  const member = await account("member");
  const hers = await signedIn(browser, member);
  await upload(hers, [await photograph(7_102)]);
  const show = (visibility: "public" | "private") =>
    withSql(
      (sql) => sql`update media set visibility = ${visibility} where owner_id =
        (select id from users where email = ${member.email})`,
    );
  await show("public");
  await hers.context().close();

  const other = createServer((_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(`<!doctype html><title>Other</title><iframe id="a" src="${origin}/embed?theme=dark"></iframe>
        <iframe id="b" src="${origin}/sign-in"></iframe>`),
  ).listen(0, "127.0.0.1");
  // A context of its own: the refusal of the second frame is an error to the console, and meant.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
  await expect(page.frameLocator("#a").getByRole("listitem").first()).toBeVisible();
  await expect
    .poll(() =>
      page
        .frameLocator("#a")
        .locator("img")
        .first()
        .evaluate((img: HTMLImageElement) => img.naturalWidth),
    )
    .toBeGreaterThan(0);
  await expect(page.frameLocator("#b").getByLabel("E-mail")).toHaveCount(0);
  expect(await context.cookies()).toEqual([]);

  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 700 });
    await page.goto(`${origin}/embed`);
    await accessible(page);
    await fits(page);
  }
  await context.close();
  other.close();
  // Others count what is public.
  await show("private");
});

test("the markup for a frame is made on a page of its own", async ({ page }) => {
  await visit(page, "/embed/code");
  await page.getByLabel("Height in pixels").fill("450");
  await page.getByRole("button", { name: "Make the code" }).click();
  await expect(page.getByRole("main")).toContainText(
    `<iframe src="${origin}/embed" width="100%" height="450"`,
  );
});
