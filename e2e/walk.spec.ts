/** Through the site with the keyboard alone, and with what a screen reader is told alone (WCAG 2.2 AA). */
import type { Locator, Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { expect, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, owner } from "./world.ts";

test.setTimeout(120_000);

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

const farMax = 120;

/** Tab by tab, until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let n = 0; n < farMax; n++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  expect(await target.evaluate((element) => element.outerHTML), "is reached by Tab").toBe("");
}

/** To a button, link or box by Tab, and Enter. */
async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

async function write(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(text);
}

const heard = (page: Page, text: string | RegExp) => page.getByRole("status").filter({ hasText: text });
const chosenBar = (page: Page) => page.getByRole("region", { name: "Selected pictures" });

test("a picture is described, tagged, dated and rated, several at once are changed, and that is taken back, by keys alone", async ({
  browser,
}) => {
  const page = await signedIn(browser, await account("member"));
  await upload(page, [
    await photograph(7_203, { name: "one.jpg" }),
    await photograph(7_204, { name: "two.jpg" }),
  ]);
  await page.goto("/");
  const tiles = page.locator("main a[href^='/m/']");
  await expect(tiles).toHaveCount(2);
  await enter(page, tiles.first());
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("heading", { level: 1 })).toBeVisible();
  await enter(page, dialog.getByRole("group").locator("summary", { hasText: "Edit" }));
  await write(page, dialog.getByLabel("Title", { exact: true }), "Harbour at dawn");
  await write(page, dialog.getByLabel("Description"), "Before the boats go out");
  await write(page, dialog.getByLabel("Text for people who cannot see it"), "Boats in a harbour");
  await write(page, dialog.getByLabel("Tags"), "Sea, Boats");
  const taken = dialog.getByLabel("Date and time taken");
  await tabTo(page, taken);
  await page.keyboard.type("01022019");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("103000AM");
  await expect(taken).toHaveValue(/^2019-01-02T10:30(:00)?$/);
  await page.keyboard.press("Enter");
  await expect(heard(page, "Saved.")).toHaveCount(1);
  await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Harbour at dawn");
  await enter(page, dialog.getByRole("button", { name: /4 stars/ }));
  await expect(dialog.getByRole("button", { name: /4 stars/ })).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  await expect(page.locator(":focus")).toHaveAccessibleName(/Boats in a harbour/);
  await page.keyboard.press("x");
  await page.keyboard.press("ControlOrMeta+a");
  await expect(heard(page, "2 selected")).toHaveCount(1);
  await enter(page, chosenBar(page).getByRole("button", { name: "Words" }));
  await write(page, page.getByRole("dialog").getByLabel("Title", { exact: true }), "Both");
  await page.keyboard.press("Enter");
  await expect(heard(page, "Words changed on 2 pictures.")).toHaveCount(1);
  await expect(chosenBar(page).getByRole("button", { name: "Words" })).toBeFocused();
  await enter(page, chosenBar(page).getByRole("button", { name: "Date" }));
  await write(page, page.getByRole("dialog").getByLabel("Days"), "1");
  await page.keyboard.press("Enter");
  await expect(heard(page, "Date changed on 2 pictures.")).toHaveCount(1);
  await enter(page, page.getByRole("button", { name: "Undo" }));
  await expect(heard(page, "Taken back.")).toHaveCount(1);
  await page.keyboard.press("ControlOrMeta+z");
  await expect(page.getByRole("link", { name: /Boats in a harbour/ })).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(chosenBar(page)).toBeHidden();
  await page.context().close();
});

test("a link is made for somebody, with a password and an end, copied and withdrawn, by keys alone", async ({
  browser,
}) => {
  const page = await signedIn(browser, await account("member"), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await upload(page, [await photograph(7_205)]);
  await page.goto("/");
  await tabTo(page, page.locator("main a[href^='/m/']").first());
  await page.keyboard.press("x");
  await enter(page, chosenBar(page).getByRole("button", { name: "Share" }));
  await expect(page).toHaveURL(/\/shares\/new/);
  const form = page.getByRole("main");
  await write(page, form.getByLabel("Password", { exact: true }), "x");
  await enter(page, form.getByRole("button", { name: "Make the link" }));
  // What is wrong is said at its field, and that has the focus.
  await expect(form.getByLabel("For whom")).toBeFocused();
  await expect(form.getByLabel("For whom")).toHaveAccessibleDescription(/Say who it is for/);
  await expect(form.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await write(page, form.getByLabel("For whom"), "Grandfather");
  await tabTo(page, form.getByLabel("Ends"));
  await page.keyboard.type("In a week");
  await write(page, form.getByLabel("Password", { exact: true }), "lantern on the pier");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/shares\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Grandfather");
  await expect(form).toContainText(/Ends .*Password/s);
  await enter(page, form.getByRole("button", { name: /^Copy/ }));
  await expect(heard(page, "Copied")).toHaveCount(1);
  const link = await form.getByLabel("Link", { exact: true }).inputValue();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await enter(page, form.getByRole("button", { name: "Withdraw the link" }));
  await expect(form).toContainText("Withdrawn");
  await page.context().close();
});

/** Works the page by the tree that the browser hands to screen readers: what is not named there is not found. */
async function reader(page: Page) {
  const tree = await page.context().newCDPSession(page);
  const find = async (role: string, name: string): Promise<{ backendNodeId: number }> => {
    let found: number | undefined;
    await expect
      .poll(async () => {
        const { nodes } = await tree.send("Accessibility.getFullAXTree");
        found = nodes.find(
          (node) =>
            !node.ignored && node.role?.value === role && String(node.name?.value ?? "").includes(name),
        )?.backendDOMNodeId;
        return found;
      }, `${role} "${name}"`)
      .toBeDefined();
    return { backendNodeId: found ?? 0 };
  };
  return {
    find,
    async press(role: string, name: string): Promise<void> {
      const { object } = await tree.send("DOM.resolveNode", await find(role, name));
      await tree.send("Runtime.callFunctionOn", {
        objectId: object.objectId ?? "",
        functionDeclaration: "function () { this.click(); }",
      });
    },
    async write(name: string, text: string): Promise<void> {
      await tree.send("DOM.focus", await find("textbox", name));
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.insertText(text);
    },
  };
}

test("a screen reader opens, describes and shares a picture by roles, names and what it is told alone", async ({
  browser,
}) => {
  const page = await signedIn(browser, await account("member"));
  await upload(page, [await photograph(7_206, { name: "reader.jpg" })]);
  await page.goto("/");
  const { find, press, write: say } = await reader(page);
  await press("link", "Picture from");
  await find("dialog", "reader.jpg");
  await press("DisclosureTriangle", "Edit");
  await say("Title", "A bridge");
  await say("Text for people who cannot see it", "A stone bridge over a river");
  await press("button", "Save");
  await expect(heard(page, "Saved.")).toHaveCount(1);
  await press("button", "Favourite");
  await expect(page.getByRole("button", { name: "Favourite", pressed: true })).toHaveCount(1);
  await find("image", "A stone bridge over a river");
  await press("button", "Share");
  await press("link", "Make a link for somebody");
  await expect(page).toHaveURL(/\/shares\/new/);
  await find("heading", "Share with somebody");
  await say("For whom", "A friend");
  await say("Password", "under the bridge");
  await press("button", "Make the link");
  await expect(page).toHaveURL(/\/shares\/[0-9a-f-]{36}$/);
  await find("heading", "A friend");
  await find("textbox", "Link");
  await press("button", "Withdraw the link");
  await expect(page.getByRole("main")).toContainText("Withdrawn");
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
