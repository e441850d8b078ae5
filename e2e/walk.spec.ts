/** Through the site with the keyboard alone, and with what a screen reader is told alone (WCAG 2.2 AA). */
import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { expect, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, owner } from "./world.ts";

const pages = ["/", "/upload", "/account", "/trash", "/preferences", "/embed/code", "/search"];
const adminPages = ["/admin/media", "/admin/uploads", "/admin/users", "/admin/storage"];

type Stop = { name: string; seen: boolean; ring: boolean; before: boolean };

/** What has the focus now: whether it is in sight and marked, and whether it stands after the stop before. */
const stop = (page: Page) =>
  page.evaluate((): Stop | undefined => {
    const here = document.activeElement;
    if (!(here instanceof HTMLElement) || here === document.body) return undefined;
    const box = here.getBoundingClientRect();
    const style = getComputedStyle(here);
    const last = document.querySelector("[data-walked]");
    const before =
      last === null || (last.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING) > 0;
    last?.removeAttribute("data-walked");
    here.setAttribute("data-walked", "");
    const around = here.closest("label")?.textContent ?? here.getAttribute("aria-label") ?? here.textContent;
    return {
      name: `${here.tagName} ${here.getAttribute("name") ?? ""} ${around?.trim().slice(0, 40)}`,
      seen:
        box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
      // A frame marks what has the focus inside it.
      ring:
        here.tagName === "IFRAME" ||
        (style.outlineStyle !== "none" && style.outlineWidth !== "0px") ||
        style.boxShadow !== "none",
      before,
    };
  });

const stopsMax = 40;

/** Tab by tab, until the page ends or so many stops are made. */
async function walk(page: Page, most: number): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let n = 0; n < most; n++) {
    await page.keyboard.press("Tab");
    const here = await stop(page);
    // Some browsers go round without stopping at the page itself.
    if (here === undefined || (stops.length > 0 && here.name === stops[0]?.name)) break;
    stops.push(here);
  }
  return stops;
}

test.afterAll(leaveNothingPublic);

test("every stop of the keyboard is in sight, marked and in the order of the page, and none is a trap", async ({
  browser,
}) => {
  const page = await signedIn(browser, owner);
  // The search begins in its box; its own tests go on from there.
  for (const path of [...pages.filter((path) => path !== "/search"), ...adminPages]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    const stops = await walk(page, stopsMax);
    expect(stops.length, path).toBeGreaterThan(4);
    expect(stops[0]?.name, path).toContain("Skip to content");
    expect(
      stops.filter(({ seen, ring, before }) => !(seen && ring && before)),
      path,
    ).toEqual([]);
    // Round to the beginning: nothing has held on to the focus. On a longer page one can go back as well.
    if (stops.length < stopsMax) continue;
    await page.keyboard.press("Shift+Tab");
    expect((await stop(page))?.before, path).toBe(false);
  }
  await page.goto("/preferences");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.context().close();
});

test("pictures are uploaded, opened and left by keys alone", async ({ browser }) => {
  const page = await signedIn(browser, await account("member"));
  // The picker that tests can answer is the one of browsers without this.
  await page.addInitScript(() => Reflect.deleteProperty(window, "showOpenFilePicker"));
  await page.goto("/upload");
  const choose = page.getByRole("button", { name: "Choose pictures" });
  await expect(choose).toBeEnabled();
  while (!(await choose.evaluate((button) => button === document.activeElement))) {
    await page.keyboard.press("Tab");
    expect(await stop(page), "the button is reached before the page ends").toBeDefined();
  }
  const dialog = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await dialog).setFiles([await photograph(7_201, { name: "walked.jpg" })]);
  await expect(page.getByRole("main")).toContainText("1 picture added", { timeout: 60_000 });

  await page.goto("/");
  const tile = page.locator("main a[href^='/m/']").first();
  await tile.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/m\//);
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator(":focus")).toHaveAttribute("href", /^\/m\//);
  await page.context().close();
});

test("a screen reader finds one main heading, headings in order and landmarks with names on every page", async ({
  browser,
}) => {
  const page = await signedIn(browser, owner);
  await upload(page, [await photograph(7_202)]);
  await page.goto("/");
  const picture = await page.locator("main a[href^='/m/']").first().getAttribute("href");
  for (const path of [...pages, ...adminPages, picture ?? ""]) {
    await page.goto(path);
    await expect(page.getByRole("main"), path).toHaveCount(1);
    await expect(page.getByRole("heading", { level: 1 }), path).toHaveCount(1);
    const levels = await page
      .getByRole("heading")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("aria-level") ?? one.tagName.slice(1))));
    for (const [n, level] of levels.entries())
      expect(level, `${path}: headings ${levels.join(" ")}`).toBeLessThanOrEqual((levels[n - 1] ?? 0) + 1);
    const unnamed = await page
      .getByRole("navigation")
      .evaluateAll((all) =>
        all.filter((one) => !one.hasAttribute("aria-label") && !one.hasAttribute("aria-labelledby")),
      );
    expect(unnamed, path).toEqual([]);
  }
  await page.context().close();
});
