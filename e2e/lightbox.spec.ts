import type { Browser, BrowserContext, Locator, Page } from "playwright/test";
import { video } from "#lib/imaging/video/fixtures.ts";
import { animation, photograph } from "./pictures.ts";
import { seed } from "./seeded.ts";
import { accessible, choose, expect, fits, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, owner, sessionCookie, withSql } from "./world.ts";

test.setTimeout(120_000);

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

/** Before there is script, a picture's link leads to its page, not to the dialog over the list. */
async function scripted(member: Page): Promise<void> {
  const boxes = member.getByRole("checkbox", { name: /^Select: / });
  await expect(async () => {
    // What selects is loaded when somebody first moves.
    await member.mouse.move(0, 0);
    await member.locator(tiles).first().hover();
    await expect(boxes.first()).toBeAttached({ timeout: 1_000 });
  }).toPass();
}

const shown = (dialog: Locator) =>
  dialog.locator(".pswp__item[aria-hidden=false] img:not(.pswp__img--placeholder)");
const widthOf = async (dialog: Locator): Promise<number> => (await shown(dialog).boundingBox())?.width ?? 0;

/** Done in another tab or on another device of the same person. */
async function mark(page: Page, href: string, change: object): Promise<void> {
  const { origin } = new URL(page.url());
  const data = { selection: { ids: [/[0-9a-f-]{36}/.exec(href)?.[0]] }, change };
  const answer = await page.request.post("/api/changes", { data, headers: { origin } });
  expect(answer.ok()).toBe(true);
}

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

  test("a question mark shows every key, none for a full screen the browser does not have, and letters can be turned off", async ({
    page: member,
  }) => {
    // As on telephones, which show only videos on the whole screen.
    await member.evaluate(() => Object.defineProperty(document, "fullscreenEnabled", { value: false }));
    const dialog = await open(member);
    await expect(dialog.getByRole("button", { name: "Full screen" })).toHaveCount(0);
    await member.keyboard.press("?");
    const help = member.getByRole("dialog", { name: /with which key/ });
    await expect(help).toContainText("Next picture");
    await expect(help).not.toContainText("Full screen");
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

  test("an edit writes what somebody touched and nothing else, also after it was taken back", async ({
    page: member,
  }) => {
    const dialog = await open(member, 7);
    const title = dialog.getByLabel("Title", { exact: true });
    const tags = dialog.getByRole("textbox", { name: "Tags", exact: true });
    const save = dialog.getByRole("button", { name: "Save" });
    const details = async () =>
      (await member.request.get(`${new URL(member.url()).pathname}/details`)).json();
    await member.keyboard.press("e");
    await title.fill("Not this");
    await save.click();
    await expect.poll(async () => (await details()).title).toBe("Not this");
    await dialog.getByRole("button", { name: "Undo" }).click();
    await expect(title).not.toHaveValue("Not this");

    await dialog.getByLabel("Description", { exact: true }).fill("Seen from the pier");
    await tags.fill("here");
    const elsewhere = await member.context().newPage();
    await elsewhere.goto(member.url());
    await elsewhere.getByText("Edit title").click();
    await elsewhere.getByLabel("Title", { exact: true }).fill("From elsewhere");
    await elsewhere.getByLabel("Description", { exact: true }).fill("Seen from the sea");
    await elsewhere.getByRole("textbox", { name: "Tags", exact: true }).fill("elsewhere");
    await elsewhere.getByRole("button", { name: "Save" }).click();
    await expect.poll(async () => (await details()).title).toBe("From elsewhere");
    await elsewhere.close();

    await expect(dialog.getByText("It says now: “Seen from the sea”")).toBeVisible();
    await expect(title).toHaveValue("From elsewhere");
    await save.click();
    await expect(dialog.getByText("Nothing was saved yet")).toBeVisible();
    expect((await details()).description).toBe("Seen from the sea");
    await accessible(member);
    await dialog.getByRole("button", { name: "Keep what I wrote" }).click();
    await expect(dialog.getByLabel("Description", { exact: true })).toBeFocused();
    await save.click();
    await expect.poll(async () => (await details()).description).toBe("Seen from the pier");
    const now = await details();
    expect([now.title, now.tags.map(({ name }: { name: string }) => name).sort()]).toEqual([
      "From elsewhere",
      ["elsewhere", "here"],
    ]);
  });

  test("what is typed and not saved stays with its picture through a step, a close and a reload", async ({
    page: member,
  }) => {
    const href = (await member.locator(tiles).nth(5).getAttribute("href")) ?? "";
    await mark(member, href, { kind: "tags", add: ["tide"], remove: [] });
    const dialog = await open(member, 5);
    const heading = dialog.getByRole("heading", { level: 1 });
    const title = member.getByLabel("Title", { exact: true });
    const strip = dialog.getByRole("navigation", { name: "Pictures beside this one" });
    const beside = strip.locator("li:has([aria-current]) + li a");
    await member.keyboard.press("e");
    await title.fill("Half a thought");
    await member.keyboard.press("Escape");
    await member.keyboard.press("ArrowRight");
    await expect(heading).toHaveText(names[6] ?? "");
    await expect(dialog.getByText("is kept with that picture")).toBeVisible();
    await member.keyboard.press("ArrowLeft");
    await expect(title).toHaveValue("Half a thought");
    await expect(dialog.getByText("have not saved it")).toBeVisible();
    await beside.click();
    await expect(heading).toHaveText(names[6] ?? "");
    await expect(dialog.getByText("is kept with that picture"), "said once").toHaveCount(0);
    await member.keyboard.press("ArrowLeft");
    await title.fill("Half a new thought");
    await beside.click();
    await expect(dialog.getByText("is kept with that picture")).toBeVisible();
    await member.keyboard.press("ArrowLeft");
    await title.fill("Half a thought");
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await expect(dialog.getByText("close once more")).toBeVisible();
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await expect(dialog).toHaveCount(0);
    await open(member, 5);
    await expect(title).toHaveValue("Half a thought");
    await member.reload();
    await expect(title).toHaveValue("Half a thought");

    // Whoever signs in next in the same tab may change the picture as well, and reads nothing of it.
    await member.context().clearCookies();
    await member.context().addCookies([await sessionCookie(owner)]);
    await member.reload();
    await expect(member.getByLabel("Favourite", { exact: true })).toBeEnabled();
    await member.getByText("Edit title").click();
    await expect(title).toHaveValue("");
    await member.context().clearCookies();
    await member.context().addCookies(cookies);

    // Kept on the way to another page, and lost with the tab.
    await member.reload();
    await expect(title).toHaveValue("Half a thought");
    await title.fill("Half a thought more");
    const asked: string[] = [];
    member.on("dialog", (question) => {
      asked.push(question.type());
      void question.accept();
    });
    const address = member.url();
    await member.getByRole("link", { name: "tide", exact: true }).click();
    await expect(member).toHaveURL(/\/search\?/);
    expect(asked, "questions on the way to a page of the gallery").toEqual([]);
    await member.goto(address);
    await title.fill("Half a thought");
    await member.reload();
    expect(asked, "questions at a reload").toEqual(["beforeunload"]);
    member.removeAllListeners("dialog");
    await member.getByRole("button", { name: "Throw it away" }).click();
    await expect(title).toHaveValue("");
    await expect(title).toBeFocused();
    await expect(member.getByText("have not saved it")).toHaveCount(0);
  });

  test("a tag and a heart given elsewhere are seen at once, and after another tab was in front", async ({
    page: member,
  }) => {
    const href = (await member.locator(tiles).nth(9).getAttribute("href")) ?? "";
    const heart = member.getByRole("button", { name: "Favourite", exact: true });
    const hears = member.waitForResponse(/api\/live/);
    await member.goto(href);
    await hears;
    await mark(member, href, { kind: "favourite", on: true });
    await expect(heart).toHaveAttribute("aria-pressed", "true");
    await mark(member, href, { kind: "tags", add: ["harbour"], remove: [] });
    await expect(member.getByRole("link", { name: "harbour", exact: true })).toBeVisible();

    // A hidden tab keeps no stream.
    await member.route(/api\/live/, (route) => route.abort());
    await member.reload();
    await expect(heart).toBeEnabled();
    await mark(member, href, { kind: "favourite", on: false });
    await member.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect(heart).toHaveAttribute("aria-pressed", "false");
  });

  test("a button of the light box takes a press once it does something with it, and not before", async ({
    page: member,
  }) => {
    const href = (await member.locator(tiles).nth(10).getAttribute("href")) ?? "";
    let lets = (): void => undefined;
    const come = new Promise<void>((resolve) => {
      lets = resolve;
    });
    await member.route(/\.js(\?|$)/, async (route) => {
      await come;
      await route.continue();
    });
    await member.goto(href, { waitUntil: "commit" });
    const add = member.getByRole("button", { name: "Add to album" });
    await expect(add).toBeDisabled();
    await expect(member.getByRole("link", { name: "Back to the pictures" })).toBeVisible();
    lets();
    await add.click();
    await expect(member.getByRole("dialog", { name: "Add to an album" })).toBeVisible();
  });

  test("on a phone what is typed and not saved is marked on its button, and stands where the panel opens", async ({
    browser,
  }) => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto("/");
    const dialog = await open(page, 6);
    const info = dialog.getByRole("button", { name: "About this picture", exact: true });
    await info.click();
    await dialog.getByText("Edit title").click();
    await dialog.getByLabel("Title", { exact: true }).fill("On the way home");
    await dialog.getByRole("button", { name: "Close what is known" }).click();
    const marked = dialog.getByRole("button", { name: "something is not saved yet" });
    await expect(marked).toBeVisible();
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await expect(dialog.getByText("close once more")).toBeVisible();
    await expect(dialog.getByLabel("Title", { exact: true })).toBeInViewport();
    await page.reload();
    await page.getByRole("button", { name: "something is not saved yet" }).click();
    await expect(page.getByText("have not saved it")).toBeInViewport();
    await accessible(page);
    await page.getByRole("button", { name: "Throw it away" }).click();
    await page.getByRole("button", { name: "Close what is known" }).click();
    await page.getByRole("link", { name: "Previous picture" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(names[5] ?? "");
    await page.getByRole("button", { name: "About this picture", exact: true }).click();
    await expect(page.getByRole("heading", { name: "About this picture" })).toBeInViewport();
    await context.close();
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

  test("a picture that is removed elsewhere makes way, told by the server or found by the next deed", async ({
    page: member,
    baseURL,
  }) => {
    const hrefs = await member
      .locator(tiles)
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    const elsewhere = async (path: string, data: object): Promise<{ id: string }> =>
      (await member.request.post(path, { data, headers: { origin: baseURL ?? "" } })).json();
    const remove = (href = "") =>
      elsewhere("/api/changes", {
        selection: { ids: [/[0-9a-f-]{36}/.exec(href)?.[0]] },
        change: { kind: "trash" },
      });
    const dialog = await open(member, 1);
    const removed = await remove(hrefs[1] ?? "");
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[2] ?? "");
    await expect(dialog.getByText("was removed or hidden elsewhere")).toBeVisible();
    await elsewhere(`/api/changes/${removed.id}/undo`, {});

    // Gone when the page had been read, and before it listened.
    const live = /api\/live/;
    let listens = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      listens = resolve;
    });
    await member.route(live, async (route) => {
      await gone;
      await route.continue();
    });
    await member.goto(hrefs[1] ?? "");
    await expect(member.locator(".pswp img").first()).toBeVisible();
    const early = await remove(hrefs[1] ?? "");
    listens();
    await expect(member.getByRole("heading", { level: 1 })).toHaveText(names[2] ?? "");
    await expect(member.getByText("was removed or hidden elsewhere")).toBeVisible();
    await elsewhere(`/api/changes/${early.id}/undo`, {});
    await member.unroute(live);

    // Where the stream does not come through.
    await member.addInitScript(() => {
      class Silent extends EventTarget {
        close() {}
      }
      Object.defineProperty(window, "EventSource", { value: Silent });
    });
    await member.goto(hrefs[1] ?? "");
    await expect(member.locator(".pswp img").first()).toBeVisible();
    const again = await remove(hrefs[1] ?? "");
    await member.keyboard.press("4");
    await expect(member.getByRole("heading", { level: 1 })).toHaveText(names[2] ?? "");
    await expect(member.getByText("was removed or hidden elsewhere")).toBeVisible();
    await elsewhere(`/api/changes/${again.id}/undo`, {});
  });

  test("what somebody types about a picture stays when that is removed elsewhere, and is written when it is put back", async ({
    page: member,
    baseURL,
  }) => {
    const dialog = await open(member, 3);
    const id = /[0-9a-f-]{36}/.exec(member.url())?.[0] ?? "";
    const remove = () =>
      member.request.post("/api/changes", {
        data: { selection: { ids: [id] }, change: { kind: "trash" } },
        headers: { origin: baseURL ?? "" },
      });
    await member.keyboard.press("e");
    const title = dialog.getByLabel("Title", { exact: true });
    await title.fill("Written meanwhile");
    await remove();
    await expect(dialog.getByText("What you wrote is still here")).toBeVisible();
    await expect(title).toHaveValue("Written meanwhile");
    await dialog.getByRole("button", { name: "Put back and save" }).click();
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Written meanwhile");
    await expect(dialog.getByText("What you wrote is still here")).toHaveCount(0);
    await expect(title).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Save", exact: true })).toBeFocused();
    const details = async () => (await member.request.get(`/m/${id}/details`)).json();
    await expect.poll(async () => (await details()).title).toBe("Written meanwhile");
    await withSql((sql) => sql`update media set title = '' where id = ${id}`);
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

  test("two fingers pinch closer, one moves the picture, a double tap goes back to all of it", async ({
    browser,
  }) => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto("/");
    const dialog = await open(page);
    const whole = await widthOf(dialog);
    const fingers = await context.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: [number, number][]) =>
      fingers.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: points.map(([x, y], id) => ({ x, y, id })),
      });
    await touch("touchStart", [150, 340], [210, 340]);
    for (let by = 10; by <= 100; by += 10) await touch("touchMove", [150 - by, 340], [210 + by, 340]);
    await touch("touchEnd");
    await expect.poll(() => widthOf(dialog)).toBeGreaterThan(whole * 1.8);
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[0] ?? "");

    const before = (await shown(dialog).boundingBox())?.x ?? 0;
    await touch("touchStart", [200, 340]);
    for (let x = 190; x >= 140; x -= 10) await touch("touchMove", [x, 340]);
    await touch("touchEnd");
    await expect.poll(async () => (await shown(dialog).boundingBox())?.x).toBeLessThan(before - 20);
    await expect(dialog.getByRole("heading", { level: 1 })).toHaveText(names[0] ?? "");

    // Sent without waiting: on a busy machine two taps would be too far apart.
    const tap = () => [touch("touchStart", [180, 340]), touch("touchEnd")];
    await expect(async () => {
      await Promise.all([...tap(), ...tap()]);
      await expect.poll(() => widthOf(dialog), { timeout: 3_000 }).toBeLessThan(whole * 1.05);
    }).toPass();
    await context.close();
  });

  test("right to left the next picture lies to the left, and so do its button and its key", async ({
    page: member,
  }) => {
    await member.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
    const dialog = await open(member);
    const heading = dialog.getByRole("heading", { level: 1 });
    await member.keyboard.press("ArrowLeft");
    await expect(heading).toHaveText(names[1] ?? "");
    const next = await dialog.getByRole("link", { name: "Next picture" }).boundingBox();
    const previous = await dialog.getByRole("link", { name: "Previous picture" }).boundingBox();
    expect(next?.x).toBeLessThan(previous?.x ?? 0);
    await expect(dialog.getByRole("link", { name: "Next picture" })).toHaveAttribute(
      "aria-keyshortcuts",
      "ArrowLeft",
    );
    await member.keyboard.press("ArrowRight");
    await expect(heading).toHaveText(names[0] ?? "");
    await fits(member);
  });

  test("keys make a favourite, give stars and take them away, and fill the screen", async ({
    page: member,
  }) => {
    const href = (await member.locator(tiles).nth(6).getAttribute("href")) ?? "";
    const heart = member.getByRole("button", { name: "Favourite", exact: true });
    const stars = member.getByRole("button", { name: "4 stars" });
    // The keys are heard once the stage is there.
    const isThere = () => expect(member.locator(".pswp img").first()).toBeVisible();
    await member.goto(href);
    await isThere();
    const sent = member.waitForResponse((answer) => answer.request().method() === "POST");
    await member.keyboard.press("f");
    await expect(heart).toHaveAttribute("aria-pressed", "true");
    await sent;
    const rated = member.waitForResponse((answer) => answer.request().method() === "POST");
    await member.keyboard.press("4");
    await expect(stars).toHaveAttribute("aria-pressed", "true");
    await rated;
    await member.reload();
    await expect(heart).toHaveAttribute("aria-pressed", "true");
    await expect(stars).toHaveAttribute("aria-pressed", "true");
    await isThere();
    await member.keyboard.press("0");
    await expect(stars).toHaveAttribute("aria-pressed", "false");

    const isFull = () => member.evaluate(() => document.fullscreenElement !== null);
    await member.keyboard.press("Shift+F");
    await expect.poll(isFull).toBe(true);
    await expect(member.getByRole("button", { name: "Leave full screen" })).toBeVisible();
    await member.keyboard.press("Shift+F");
    await expect.poll(isFull).toBe(false);
  });

  test("without JavaScript a picture has its page: the ones beside it, everything about it, and forms to change it", async ({
    browser,
    page: usual,
  }) => {
    const href = (await usual.locator(tiles).nth(5).getAttribute("href")) ?? "";
    const context = await browser.newContext({ javaScriptEnabled: false });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto(href);
    const heading = page.getByRole("heading", { level: 1 });
    await expect(heading).toHaveText(names[5] ?? "");
    await expect(page.getByRole("img", { name: /Picture/ }).first()).toBeVisible();
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

  test("without JavaScript whoever saves over what another tab saved is told, sees both, and loses nothing", async ({
    browser,
    page: usual,
  }) => {
    const href = (await usual.locator(tiles).nth(7).getAttribute("href")) ?? "";
    const context = await browser.newContext({ javaScriptEnabled: false });
    await context.addCookies(cookies);
    const [one, other] = [await context.newPage(), await context.newPage()];
    for (const page of [one, other]) {
      await page.goto(href);
      await page.getByText("Edit title").click();
    }
    const title = (page: Page) => page.getByLabel("Title", { exact: true });
    const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();
    await title(one).fill("From the first tab");
    await one.getByLabel("Description", { exact: true }).fill("Said by the first.");
    await save(one);
    await expect(one.getByText("Saved.")).toBeInViewport();

    await title(other).fill("From the second tab");
    await other.getByLabel("Text for people who cannot see it").fill("A pier");
    await save(other);
    await expect(other.getByText("Nothing was saved yet")).toBeInViewport();
    await expect(other.getByText("It says now: “From the first tab”")).toBeVisible();
    await expect(other.getByText("Save again to keep what you wrote.")).toBeVisible();
    await expect(other.getByRole("button", { name: "Keep what I wrote" })).toBeHidden();
    await expect(title(other)).toHaveValue("From the second tab");
    await expect(title(other)).toBeFocused();
    await expect(other.getByLabel("Text for people who cannot see it")).toHaveValue("A pier");
    await expect(other.getByRole("heading", { level: 1 })).toHaveText("From the first tab");
    await save(other);
    await expect(other.getByText("Saved.")).toBeInViewport();
    await expect(other.getByRole("heading", { level: 1 })).toHaveText("From the second tab");
    await expect(other.getByLabel("Description", { exact: true })).toHaveValue("Said by the first.");
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

    await scripted(member);
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

test("what moves plays where it is opened: a GIF at once until the space bar, a video from an album and from a search", async ({
  member,
}) => {
  const name = `moves-${Date.now()}`;
  const clip = { name: `${name}.mp4`, mimeType: "video/mp4", buffer: await video({ duration: 3_000 }) };
  await choose(member, [{ ...(await animation(4)), name: `${name}.gif` }, clip]);
  await expect(member.getByRole("main")).toContainText(/2 files added/, { timeout: 60_000 });
  const album = await withSql(async (sql) => {
    await sql`update media set taken_at = '2001-01-01Z'::timestamptz + (mime::text like 'video%')::int * interval '1 day'
      where filename like ${`${name}%`}`;
    const [made] = await sql<{ id: string }[]>`
      insert into albums (owner_id, title) select owner_id, ${name} from media where filename = ${clip.name} returning id`;
    await sql`
      insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${made?.id ?? ""}, id, row_number() over (order by taken_at), row_number() over (order by taken_at),
        taken_at, filename, visibility, true from media where filename like ${`${name}%`}`;
    return made?.id ?? "";
  });
  const dialog = member.getByRole("dialog");
  const heading = dialog.getByRole("heading", { level: 1 });
  await member.goto(`/albums/${album}`);
  await member.locator(tiles).first().click();
  await expect(heading).toHaveText(`${name}.gif`);
  await expect(shown(dialog)).toHaveAttribute("src", /\/motion\./);
  await member.keyboard.press("Space");
  await expect(dialog.getByRole("button", { name: "Play animation" })).toBeVisible();
  await expect(shown(dialog)).toHaveAttribute("srcset", /\/derived\//);
  await member.keyboard.press("Space");
  await expect(shown(dialog)).toHaveAttribute("src", /\/motion\./);

  const plays = async (): Promise<void> => {
    await expect(heading).toHaveText(clip.name);
    await member.keyboard.press("Space");
    await expect
      .poll(() => dialog.locator("video").evaluate((element: HTMLVideoElement) => element.currentTime))
      .toBeGreaterThan(0);
  };
  await member.keyboard.press("ArrowRight");
  await plays();
  await member.keyboard.press("Escape");
  await expect(member).toHaveURL(new RegExp(`/albums/${album}$`));
  await member.goto(`/search?q=${encodeURIComponent(`type:video ${name}`)}`);
  await member.locator(tiles).first().click();
  await plays();
  await member.keyboard.press("Escape");
  await expect(member).toHaveURL(/\/search\?q=/);
  await expect(member.locator(tiles).first()).toBeFocused();
});

test("walked past what the list below has loaded, one comes back to the picture last seen", async ({
  browser,
}) => {
  const who = await account("member");
  await withSql(async (sql) => {
    await seed(sql, who, 150, { from: "2010-01-10", to: "2012-06-20" });
    await sql`
      insert into favourites (user_id, media_id, created_at, taken_at)
      select u.id, m.id, m.taken_at, m.taken_at from media m join users u on u.id = m.owner_id where u.email = ${who.email}`;
  });
  const page = await signedIn(browser, who);
  const grey = "<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'/>";
  await page.route(/\/derived\//, (route) => route.fulfill({ contentType: "image/svg+xml", body: grey }));
  await page.goto("/favourites");
  await expect(page.locator(tiles)).toHaveCount(60);
  await page.locator(tiles).first().click();
  const heading = page.getByRole("dialog").getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Picture 0");
  const strip = page.getByRole("dialog").getByRole("navigation", { name: "Pictures beside this one" });
  await expect(strip.getByRole("link").nth(3)).toBeVisible();
  let at = 0;
  while (at < 64) {
    await page.keyboard.press("ArrowRight");
    await expect(heading).toHaveText(`Picture ${++at}`);
  }
  await expect(page).toHaveURL(/\/m\/[0-9a-f-]{36}/);
  const seen = await strip.locator("[aria-current]").getAttribute("href");
  await expect.poll(() => new URL(page.url()).pathname).toBe(seen?.split("?")[0]);
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/favourites$/);
  await expect(page.locator(`main a[href='${seen}']`)).toBeFocused();
  await page.context().close();
});
