import { photograph } from "./pictures.ts";
import { port } from "./ports.ts";
import { seed } from "./seeded.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, withSql } from "./world.ts";

declare global {
  interface Window {
    /** Σ of layout shifts since the page began; undefined when nobody watches. */
    shifted?: number;
  }
}

const tiles = "main a[href^='/m/']";

test.afterAll(leaveNothingPublic);

test.describe("with a handful of pictures", () => {
  const taken = ["2026:05:04", "2026:05:03", "2026:05:02", "2026:05:01"];
  const names = taken.map((_, n) => `day-${4 - n}.jpg`);

  test.beforeEach(async ({ member }) => {
    await upload(
      member,
      await Promise.all(
        taken.map((day, n) =>
          photograph(20 + n, {
            taken: `${day} 10:00:00`,
            name: names[n] ?? "",
            ...(n === 1 ? { width: 2400, height: 600 } : n === 2 ? { width: 800, height: 1200 } : {}),
          }),
        ),
      ),
    );
    await member.goto("/");
  });

  test("newest comes first, and nothing moves while the page loads", async ({ member }) => {
    await member.addInitScript(() => {
      window.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          if ("value" in entry) window.shifted = (window.shifted ?? 0) + Number(entry.value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await member.goto("/");
    await expect(member.locator(tiles).nth(3)).toBeVisible();
    const eager = await member.locator(`${tiles} img[fetchpriority=high]`).count();
    expect(eager).toBe(1);
    await expect
      .poll(() =>
        member
          .locator(`${tiles} img`)
          .evaluateAll((all) => all.every((img) => (img as HTMLImageElement).complete)),
      )
      .toBe(true);
    expect(await member.evaluate(() => window.shifted)).toBe(0);
    await member.locator(tiles).first().click();
    await expect(member.getByRole("dialog")).toContainText("day-4.jpg");
  });

  test("the lightbox is walked by keys alone and gives the focus back", async ({ member }) => {
    await member.locator(tiles).first().focus();
    await member.keyboard.press("Enter");
    const dialog = member.getByRole("dialog");
    await expect(dialog).toContainText("day-4.jpg");
    await accessible(member);
    const first = member.url();
    await member.keyboard.press("ArrowRight");
    await expect(dialog).toContainText("day-3.jpg");
    await member.keyboard.press("ArrowRight");
    await expect(dialog).toContainText("day-2.jpg");
    await member.keyboard.press("ArrowLeft");
    await expect(dialog).toContainText("day-3.jpg");
    await expect(member).not.toHaveURL(first);
    for (let n = 0; n < 30; n++) {
      await member.keyboard.press("Tab");
      expect(
        await member.evaluate(
          () =>
            document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
        ),
      ).toBe(true);
    }
    await member.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(member).toHaveURL(`http://localhost:${port}/`);
    expect(await member.evaluate(() => document.activeElement?.tagName)).toBe("A");
  });

  test("a reload in the lightbox gives the same picture as a page of its own", async ({ member }) => {
    await member.locator(tiles).first().click();
    await expect(member.getByRole("dialog")).toBeVisible();
    await member.reload();
    await expect(member.getByRole("main")).toContainText("day-4.jpg");
    await accessible(member);
  });
});

for (const [what, options] of [
  [
    "a phone in the dark",
    { viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true, isMobile: true },
  ],
  ["a wide screen in the light", { viewport: { width: 1920, height: 1080 }, colorScheme: "light" }],
] as const)
  test(`every page fits ${what}`, async ({ browser }) => {
    // Seven pages, each of them checked for accessibility.
    test.setTimeout(120_000);
    const page = await signedIn(browser, await account("admin"), options);
    await upload(page, [await photograph(30), await photograph(31, { width: 3000, height: 500 })]);
    for (const path of ["/", "/upload", "/account", "/admin/media", "/admin/uploads", "/admin/users"]) {
      await page.goto(path);
      await expect(page.getByRole("main")).toBeVisible();
      await fits(page);
      await accessible(page);
    }
    await page.goto("/");
    await page.locator(tiles).first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await fits(page);
    await accessible(page);
    await page.context().close();
  });

test("the gallery pages by plain links without JavaScript", async ({ member, browser }) => {
  const many = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      photograph(100 + n, {
        width: 120,
        height: 80,
        name: `n${n}.jpg`,
        taken: `2026:04:${String(n + 1).padStart(2, "0")} 09:00:00`,
      }),
    ),
  );
  await upload(member, many);
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(await member.context().cookies());
  const page = await context.newPage();
  await page.goto("/");
  const seen = new Set<string>();
  for (let n = 0; n < 10; n++) {
    for (const href of await page
      .locator(tiles)
      .evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? "")))
      seen.add(href);
    const older = page.getByRole("link", { name: /older/i });
    if ((await older.count()) === 0) break;
    const before = page.url();
    await older.first().click();
    await page.waitForURL((url) => url.href !== before);
  }
  // Public pictures of other tests may stand between them.
  expect(seen.size).toBeGreaterThanOrEqual(30);
  await context.close();
});

test("older pictures come by themselves when one scrolls near them", async ({ browser }) => {
  const who = await account("member");
  await withSql((sql) => seed(sql, who, 45, { from: "2026-05-17", to: "2026-05-18" }));
  const page = await signedIn(browser, who);
  await page.route(/\/derived\//, (route) =>
    route.fulfill({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg'/>" }),
  );
  await page.goto("/");
  const seen = new Set<string | null>();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 300);
      for (const href of await page
        .locator(tiles)
        .evaluateAll((all) => all.map((a) => a.getAttribute("href"))))
        seen.add(href);
      return seen.size;
    })
    .toBeGreaterThanOrEqual(45);
  await page.context().close();
});
