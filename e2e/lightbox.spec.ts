import type { Browser, BrowserContext, Locator, Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account } from "./world.ts";

const tiles = "main a[href^='/m/']";
const count = 14;
const names = Array.from({ length: count }, (_, n) => `walk-${String(count - n).padStart(2, "0")}.jpg`);

type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;

/** Pictures of one member, newest first as in `names`; the first is larger than any rendition. */
async function filled(browser: Browser): Promise<Cookies> {
  const member = await signedIn(browser, await account("member"));
  await upload(
    member,
    await Promise.all(
      names.map((name, n) =>
        photograph(400 + n, {
          name,
          taken: `2026:06:${String(count - n).padStart(2, "0")} 10:00:00`,
          width: n === 0 ? 3000 : 480,
          height: n === 0 ? 2000 : 320,
        }),
      ),
    ),
  );
  const cookies = await member.context().cookies();
  await member.context().close();
  return cookies;
}

async function open(member: Page, n = 0, at = n): Promise<Locator> {
  await member.locator(tiles).nth(at).click();
  const dialog = member.getByRole("dialog");
  await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[n] ?? "");
  // The stage with its gestures has come.
  await expect(dialog.locator(".pswp img").first()).toBeVisible();
  return dialog;
}

const shown = (dialog: Locator) =>
  dialog.locator(".pswp__item[aria-hidden=false] img:not(.pswp__img--placeholder)");
const widthOf = async (dialog: Locator): Promise<number> => (await shown(dialog).boundingBox())?.width ?? 0;

test.afterAll(leaveNothingPublic);

test.describe("over the timeline", () => {
  let cookies: Cookies;
  test.beforeAll(async ({ browser }) => {
    cookies = await filled(browser);
  });
  test.beforeEach(async ({ context, page }) => {
    await context.addCookies(cookies);
    await page.goto("/");
  });

  test("keys and the filmstrip walk the whole list without asking the server for pages, and closing leaves one at the picture last seen", async ({
    page: member,
  }) => {
    const dialog = await open(member);
    await accessible(member);
    const asked: string[] = [];
    member.on("request", (request) => {
      if (new URL(request.url()).searchParams.has("_rsc")) asked.push(request.url());
    });
    for (const name of names.slice(1)) {
      await member.keyboard.press("ArrowRight");
      await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(name);
    }
    await member.keyboard.press("ArrowLeft");
    const last = names.at(-2) ?? "";
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(last);
    await expect(dialog.getByRole("status").filter({ hasText: last })).toHaveCount(1);
    await expect.poll(() => member.title()).toContain(last);
    expect(asked, "pages asked for while leafing").toEqual([]);

    const strip = dialog.getByRole("navigation", { name: "Pictures beside this one" });
    await expect(strip.locator("a[tabindex='-1']").first()).toBeAttached();
    await strip.locator("[aria-current]").focus();
    await member.keyboard.press("ArrowLeft");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names.at(-3) ?? "");
    await expect(strip.locator("[aria-current]")).toBeFocused();

    await member.waitForURL(/\/m\/[0-9a-f-]{36}$/);

    const seen = await strip.locator("[aria-current]").getAttribute("href");
    await expect.poll(() => new URL(member.url()).pathname).toBe(seen);

    await member.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(member.locator(`main a[href='${seen}']`)).toBeFocused();
  });

  test("the wheel, a double click and keys look closer, up to the original's own pixels; arrows then move the picture", async ({
    page: member,
  }) => {
    const dialog = await open(member);
    const whole = await widthOf(dialog);
    await member.keyboard.press("+");
    await expect.poll(() => widthOf(dialog)).toBeGreaterThan(whole * 1.4);
    await member.keyboard.press("0");
    await expect.poll(() => widthOf(dialog)).toBeLessThan(whole * 1.01);

    const box = await shown(dialog).boundingBox();
    await member.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 150);
    await member.mouse.wheel(0, -400);
    await expect.poll(() => widthOf(dialog)).toBeGreaterThan(whole * 1.4);
    await member.keyboard.press("0");
    await member.mouse.dblclick((box?.x ?? 0) + 200, (box?.y ?? 0) + 150);
    await expect(dialog.getByText("Every pixel of the original")).toBeVisible();
    await expect(shown(dialog)).toHaveAttribute("src", /\/media\//);
    const before = await shown(dialog).boundingBox();
    await member.keyboard.press("ArrowRight");
    await expect.poll(async () => (await shown(dialog).boundingBox())?.x).toBeLessThan(before?.x ?? 0);
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[0] ?? "");
    await member.keyboard.press("0");
    await member.keyboard.press("ArrowRight");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[1] ?? "");
  });

  test("the slideshow moves on by itself, waits while the tab is hidden, and stops when one takes over", async ({
    page: member,
  }) => {
    await member.clock.install();
    const dialog = await open(member);
    const heading = dialog.getByRole("heading", { level: 1 });
    await dialog.getByRole("button", { name: "Start slideshow" }).click();
    await expect(dialog.getByRole("status").filter({ hasText: "Slideshow started." })).toHaveCount(1);
    await member.clock.runFor(5_100);
    await expect(heading).toHaveText(names[1] ?? "");
    await member.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await member.clock.runFor(20_000);
    await expect(heading).toHaveText(names[1] ?? "");
    await member.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await member.clock.runFor(5_100);
    await expect(heading).toHaveText(names[2] ?? "");
    await member.keyboard.press("ArrowRight");
    await expect(heading).toHaveText(names[3] ?? "");
    await expect(dialog.getByRole("button", { name: "Start slideshow" })).toBeVisible();
    await member.clock.runFor(20_000);
    await expect(heading).toHaveText(names[3] ?? "");
  });

  test("a question mark shows every key, and letters can be turned off", async ({ page: member }) => {
    const dialog = await open(member);
    await member.keyboard.press("?");
    const help = member.getByRole("dialog", { name: /with which key/ });
    await expect(help).toContainText("Next picture");
    await accessible(member);
    await help.getByRole("checkbox").uncheck();
    await member.keyboard.press("Escape");
    await expect(help).toHaveCount(0);
    await expect(dialog).toBeVisible();
    const panel = dialog.getByRole("region", { name: "About this picture" });
    await expect(panel).toBeVisible();
    await member.keyboard.press("i");
    await expect(panel).toBeVisible();
    await dialog.getByRole("button", { name: "About this picture" }).click();
    await expect(panel).toBeHidden();
    await member.keyboard.press("ArrowRight");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[1] ?? "");
  });

  test("a new title shows at once and stays, and one that cannot be sent is taken back", async ({
    page: member,
  }) => {
    const dialog = await open(member, 4);
    await member.keyboard.press("e");
    await expect(dialog.getByLabel("Title", { exact: true })).toBeFocused();
    await dialog.getByLabel("Title", { exact: true }).fill("Ridge in the evening");
    await accessible(member);
    await member.keyboard.press("Enter");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Ridge in the evening");
    await expect(dialog.getByText("Saved.")).toBeVisible();

    await member.route("**/*", (route) =>
      route.request().method() === "POST" ? route.fulfill({ status: 429 }) : route.fallback(),
    );
    await dialog.getByLabel("Title", { exact: true }).fill("Never arrives");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("Nothing was saved")).toBeVisible();
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Ridge in the evening");
    await expect(dialog.getByLabel("Title", { exact: true })).toHaveValue("Never arrives");
    await member.unroute("**/*");
    await member.reload();
    await expect(member.getByRole("heading", { level: 1 })).toHaveText("Ridge in the evening");
  });

  test("what is moved to the trash makes way for the next picture, and comes back to its place", async ({
    page: member,
  }) => {
    const dialog = await open(member, 8);
    const heading = dialog.getByRole("heading", { level: 1 });
    await member.keyboard.press("Delete");
    await expect(heading).toHaveText(names[9] ?? "");
    await expect(dialog.getByText("Moved to the trash")).toBeVisible();
    await dialog.getByRole("button", { name: "Undo" }).click();
    await expect(heading).toHaveText(names[8] ?? "");
    await expect(dialog.getByText("The picture is back.")).toBeVisible();
    await member.keyboard.press("ArrowRight");
    await expect(heading).toHaveText(names[9] ?? "");
    await member.keyboard.press("Delete");
    await expect(heading).toHaveText(names[10] ?? "");
    await expect(dialog.getByText("Moved to the trash")).toBeVisible();
    await member.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(member.getByRole("link", { name: names[9] ?? "" })).toHaveCount(0);
  });

  test("on a phone a finger leafs, and what is known slides over the picture and away again", async ({
    browser,
  }) => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      colorScheme: "light",
      hasTouch: true,
      isMobile: true,
    });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto("/");
    const dialog = await open(page);
    await fits(page);
    const finger = await context.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x?: number) =>
      finger.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: x === undefined ? [] : [{ x, y: 300 }],
      });
    await touch("touchStart", 300);
    for (let x = 280; x >= 60; x -= 20) await touch("touchMove", x);
    await touch("touchEnd");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[1] ?? "");

    const panel = dialog.getByRole("region", { name: "About this picture" });
    await expect(panel).toBeHidden();
    await dialog.getByRole("button", { name: "About this picture" }).click();
    await expect(panel).toBeFocused();
    await fits(page);
    await accessible(page);
    await page.keyboard.press("Escape");
    await expect(panel).toBeHidden();
    await expect(dialog).toBeVisible();
    await context.close();
  });

  test("without JavaScript a picture has its page: the ones beside it, everything about it, and forms to change it", async ({
    browser,
    page: scripted,
  }) => {
    const href = (await scripted.locator(tiles).nth(5).getAttribute("href")) ?? "";
    const context = await browser.newContext({ javaScriptEnabled: false });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto(href);
    const heading = page.getByRole("heading", { level: 1 });
    await expect(heading).toHaveText(names[5] ?? "");
    await expect(page.getByRole("img", { name: /Photo/ }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: "Start slideshow" })).toBeHidden();
    await page.getByRole("link", { name: "Next picture" }).click();
    await expect(heading).toHaveText(names[6] ?? "");
    await page.getByRole("navigation", { name: "Pictures beside this one" }).getByRole("link").nth(1).click();
    await expect(heading).not.toHaveText(names[6] ?? "");
    await page.goto(href);
    await page.getByText("Edit title").click();
    await page.getByLabel("Title", { exact: true }).fill("Written by hand");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
    await expect(heading).toHaveText("Written by hand");
    await page.getByRole("link", { name: "Back to the pictures" }).click();
    await expect(page).toHaveURL(/\/$/);
    await context.close();
  });

  test("a new title stands on the tile below at once, and whoever owns a picture makes a link for somebody from it", async ({
    page: member,
  }) => {
    const dialog = await open(member);
    await member.keyboard.press("e");
    await dialog.getByLabel("Title", { exact: true }).fill("First light");
    await member.keyboard.press("Enter");
    await expect(dialog.getByText("Saved.")).toBeVisible();
    await member.keyboard.press("Escape");
    await member.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(member.locator(tiles).first()).toHaveAccessibleName("First light");

    await member.locator(tiles).first().click();
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("First light");
    await member.keyboard.press("c");
    const ways = member.getByRole("dialog", { name: "Share this picture" });
    await expect(ways).toContainText("Only you can open it");
    await accessible(member);
    await member.keyboard.press("Escape");
    await expect(ways).toHaveCount(0);
    await expect(dialog).toBeVisible();
    await member.keyboard.press("c");
    await ways.getByRole("link", { name: /Make a link for somebody/ }).click();
    await expect(member).toHaveURL(/\/shares\/new\?ids=[0-9a-f-]{36}$/);
    await expect(member.getByLabel("For whom")).toBeVisible();
  });

  test("a picture goes into albums and out of the one it was opened from, each with the way back, and the album below follows", async ({
    page: member,
  }) => {
    const dialog = member.getByRole("dialog").filter({ has: member.getByRole("heading", { level: 1 }) });
    const heading = dialog.getByRole("heading", { level: 1 });
    await open(member, 2);
    await member.keyboard.press("b");
    const albums = member.getByRole("dialog", { name: "Add to an album" });
    await albums.getByLabel("Find or name an album").fill("Shore");
    await accessible(member);
    await albums.getByRole("button", { name: "Create “Shore”" }).click();
    await expect(dialog.getByText("Added to “Shore”.")).toBeVisible();
    await member.keyboard.press("u");
    await expect(dialog.getByText("Taken back.")).toBeVisible();
    for (const name of [names[2], names[3]]) {
      await expect(heading).toHaveText(name ?? "");
      await dialog.getByRole("button", { name: "Add to album" }).click();
      await albums.getByRole("button", { name: /^Shore/ }).click();
      await expect(dialog.getByText("Added to “Shore”.")).toBeVisible();
      if (name === names[2]) await member.keyboard.press("ArrowRight");
    }
    await dialog.getByRole("link", { name: "Shore" }).click();
    await expect(member.getByRole("heading", { level: 1, name: "Shore" })).toBeVisible();

    // An album begins with what was taken first.
    await open(member, 3, 0);
    await member.keyboard.press("e");
    await dialog.getByLabel("Title", { exact: true }).fill("Between the tides");
    await member.keyboard.press("Enter");
    await expect(dialog.getByText("Saved.")).toBeVisible();
    await expect(member.locator(tiles).first()).toHaveAttribute("href", /album/);
    await expect(member.locator(`${tiles} img`).first()).toHaveAttribute("alt", "Between the tides");
    await member.keyboard.press("Escape");
    await member.keyboard.press("x");
    await expect(heading).toHaveText(names[2] ?? "");
    await expect(dialog.getByText("Removed from “Shore”.")).toBeVisible();
    await expect(member.locator(tiles)).toHaveCount(1);
    await member.keyboard.press("u");
    await expect(heading).toHaveText("Between the tides");
    await expect(member.locator(tiles)).toHaveCount(2);
    await fits(member);
    await accessible(member);
  });
});
