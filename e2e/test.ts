/** The test function of the browser tests: a console error fails, and every page that is visited is checked by axe. */
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, test as base, expect, type Page } from "playwright/test";
import { type Account, account, main, owner, type Place, sessionCookie, withSql } from "./world.ts";

export { expect };

/** Noise that is no fault: a request the test itself cut off or meant to be refused. */
const expected =
  /Failed to load resource: the server responded with a status of (401|403|404|409|410|422|429)/;

export const test = base.extend<{ place: Place; quiet: undefined; member: Page; admin: Page }>({
  place: [main(), { option: true }],
  quiet: [
    async ({ context }, use) => {
      const said: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" && !expected.test(message.text())) said.push(message.text());
      });
      context.on("weberror", (error) => said.push(String(error.error())));
      await use(undefined);
      expect(said, "errors in the browser's console").toEqual([]);
    },
    { auto: true },
  ],
  member: async ({ browser, place }, use) => {
    const page = await signedIn(browser, await account("member", place));
    await use(page);
    await page.context().close();
  },
  admin: async ({ browser }, use) => {
    const page = await signedIn(browser, owner);
    await use(page);
    await page.context().close();
  },
});

type Options = Parameters<Browser["newContext"]>[0];

/** A browser in which this person is signed in already, with no page open yet. */
export async function signedIn(browser: Browser, who: Account, options: Options = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext(options);
  await context.addCookies([await sessionCookie(who)]);
  return context.newPage();
}

/** Signs in as a person does. */
export async function signInByForm(browser: Browser, who: Account, options: Options = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  return page;
}

/** WCAG 2.2 AA as far as a program can tell. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  expect(
    violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`),
  ).toEqual([]);
}

/** For after a file's last test: what is public stands in everybody's gallery, also in those of the next file. */
export async function leaveNothingPublic(): Promise<void> {
  await withSql((sql) => sql`update media set visibility = 'private' where visibility = 'public'`);
}

export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await accessible(page);
}

/** Nothing may make a page wider than its window. */
export async function fits(page: Page): Promise<void> {
  const over = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const [x, y] = [window.scrollX, window.scrollY];
    // The room kept for a scrollbar counts as width, but not where the page can be pushed aside.
    window.scrollTo({ left: 1000, top: y, behavior: "instant" });
    const moved = window.scrollX;
    window.scrollTo({ left: x, top: y, behavior: "instant" });
    return Math.max(scrollWidth - clientWidth, moved);
  });
  expect(over, "pixels the page is too wide").toBeLessThanOrEqual(0);
}

/** Opens the upload page and chooses files, as the dialog of the browser would hand them over. */
export async function choose(
  page: Page,
  files: { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> {
  if (new URL(page.url()).pathname !== "/upload") await page.goto("/upload");
  await expect(page.getByRole("button", { name: "Choose pictures" })).toBeEnabled();
  await page.locator("input[data-pick=files]").setInputFiles(files);
}

/** Sends pictures through the upload page and waits until all are in the gallery. */
export async function upload(
  page: Page,
  files: { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> {
  await choose(page, files);
  await expect(page.getByRole("main")).toContainText(
    files.length === 1 ? /1 picture added/ : new RegExp(`${files.length} pictures added`),
    { timeout: 60_000 },
  );
}
