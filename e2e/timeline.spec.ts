import type { Page } from "playwright/test";
import { port } from "./ports.ts";
import { seed } from "./seeded.ts";
import { accessible, expect, leaveNothingPublic, signedIn, test } from "./test.ts";
import { type Account, account, withSql } from "./world.ts";

declare global {
  interface Window {
    /** What has shifted since the page began. */
    watched?: string[];
    /** When the page moved. */
    moves?: number[];
    /** Addresses that were set before somebody moved. */
    said?: string[];
  }
}

const tiles = "main a[href^='/m/']";
/** A member with a library of so many pictures over ten years, on a page where thumbnails are a grey dot each. */
async function library(
  browser: Parameters<typeof signedIn>[0],
  count: number,
  options: Parameters<typeof signedIn>[2] = {},
): Promise<{ page: Page; who: Account; lists: string[]; pictures: string[] }> {
  const who = await account("member");
  await withSql((sql) => seed(sql, who, count, { from: "2014-01-10", to: "2024-06-20" }));
  const page = await signedIn(browser, who, options);
  const [lists, pictures]: [string[], string[]] = [[], []];
  await page.route(/\/derived\//, (route) => {
    pictures.push(route.request().url());
    return route.fulfill({
      contentType: "image/svg+xml",
      body: "<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'><rect width='3' height='2' fill='#888'/></svg>",
    });
  });
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (/^\/timeline/.test(pathname)) lists.push(pathname + search);
  });
  await page.addInitScript(() => {
    const seen: string[] = [];
    window.watched = seen;
    new PerformanceObserver((list) => {
      // What answers a click or a key at once is no shift, by definition of the measure.
      for (const entry of list.getEntries())
        if (!("hadRecentInput" in entry) || entry.hadRecentInput !== true) seen.push(JSON.stringify(entry));
    }).observe({ type: "layout-shift", buffered: true });
  });
  return { page, who, lists, pictures };
}

const boxes = (page: Page) =>
  page.locator(tiles).evaluateAll((all) =>
    all.slice(0, 12).map((a) => {
      const { x, y, width, height } = a.getBoundingClientRect();
      return [
        a.getAttribute("href"),
        Math.round(x),
        Math.round(y),
        Math.round(width),
        Math.round(height),
      ].join(" ");
    }),
  );
const shifted = (page: Page) => page.evaluate(() => window.watched);
const slider = (page: Page) => page.getByRole("slider", { name: "Move through time" });
/** The first movement that a page hears brings what windows the timeline; before that it may not listen yet. */
async function wake(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      await page.mouse.move(200 + Math.random() * 50, 300);
      return slider(page).count();
    })
    .toBe(1);
}
/** Pictures whose middle is on the screen. */
const onScreen = (page: Page) =>
  page.locator(tiles).evaluateAll((all) =>
    all
      .map((a) => ({ href: a.getAttribute("href") ?? "", box: a.getBoundingClientRect() }))
      .filter(({ box }) => box.top + box.height / 2 > 110 && box.top + box.height / 2 < innerHeight)
      .map(({ href, box }) => ({ href, top: Math.round(box.top) })),
  );

test.afterAll(leaveNothingPublic);

test("scrolling takes over what the server drew without moving anything, and never draws more than it shows", async ({
  browser,
}) => {
  const { page } = await library(browser, 3000);
  await page.goto("/");
  await expect(page.getByText("3,000 pictures")).toBeAttached();
  await accessible(page);
  const before = await boxes(page);
  await wake(page);
  expect((await boxes(page)).slice(0, before.length)).toEqual(before);
  const months = new Set<string>();
  for (let n = 0; n < 30; n++) {
    await page.mouse.wheel(0, 700);
    await expect.poll(async () => (await onScreen(page)).length).toBeGreaterThan(0);
    for (const name of await page.getByRole("heading", { level: 2 }).allInnerTexts()) months.add(name);
    expect(await page.locator(tiles).count()).toBeLessThan(150);
  }
  expect(months.size).toBeGreaterThan(5);
  await accessible(page);
  expect(await shifted(page)).toEqual([]);
  await page.context().close();
});

for (const width of [768, 1280, 2560])
  test(`months of a few pictures share a row ${width} pixels wide, where the server put them`, async ({
    browser,
  }) => {
    const { page } = await library(browser, 70, { viewport: { width, height: 900 } });
    await page.goto("/");
    const places = () =>
      page.locator("main section").evaluateAll((all) =>
        all.slice(0, 4).map((section) => {
          const [head, first] = [section.querySelector("h2"), section.querySelector("li a")];
          const [a, b] = [head, first].map((one) => one?.getBoundingClientRect());
          return [head?.textContent, a?.x, a?.y, b?.x, b?.y, b?.width].map((value) =>
            typeof value === "number" ? Math.round(value) : value,
          );
        }),
      );
    const before = await places();
    const tops = before.map(([, , top]) => top);
    expect(new Set(tops).size, "rows of four months").toBeLessThan(4);
    await wake(page);
    expect(await places()).toEqual(before);
    await slider(page).focus();
    await page.keyboard.press("ArrowDown");
    await expect(slider(page)).not.toHaveAttribute("aria-valuetext", "June 2024");
    await page.keyboard.press("End");
    await expect(page.getByRole("heading", { name: /2014/ }).last()).toBeInViewport();
    expect(await shifted(page)).toEqual([]);
    await page.context().close();
  });

test("ten years back are two lists away, and no picture of the years between is asked for", async ({
  browser,
}) => {
  const { page, lists, pictures } = await library(browser, 6000);
  await page.goto("/");
  await wake(page);
  await expect.poll(() => lists.length).toBeGreaterThanOrEqual(2);
  const rail = await slider(page).boundingBox();
  if (rail === null) throw new Error("Expected a slider on the screen");
  await page.mouse.move(rail.x + 20, rail.y + 5);
  await page.mouse.down();
  const [listsBefore, picturesBefore] = [lists.length, pictures.length];
  await page.evaluate(() => {
    const moves: number[] = [];
    addEventListener("scroll", () => moves.push(performance.now()));
    window.moves = moves;
  });
  // A hand drifts while it drags: that draws no lasso.
  await page.mouse.move(rail.x - 300, rail.y + rail.height * 0.5, { steps: 10 });
  await page.mouse.move(rail.x + 20, rail.y + rail.height * 0.97, { steps: 10 });
  await expect(page.locator(".lasso")).toHaveCount(0);
  await expect(page.getByText(/20(14|15)/).first()).toBeVisible();
  await page.mouse.up();
  await expect.poll(async () => (await onScreen(page)).length).toBeGreaterThan(0);
  // On a machine that is short of time the hand rests on its way, and what is there is rightly asked for.
  const rests = (await page.evaluate(() => window.moves ?? [])).filter(
    (at, n, all) => at - (all[n - 1] ?? at) > 300,
  ).length;
  expect(lists.length - listsBefore).toBeLessThanOrEqual(2 + 2 * rests);
  await expect(slider(page)).toHaveAttribute("aria-valuetext", /2014/);
  // Two windows beyond what is seen at the most.
  expect(pictures.length - picturesBefore).toBeLessThan(120);
  await expect(page.locator(".tile input:checked")).toHaveCount(0);
  expect(await shifted(page)).toEqual([]);
  // On paper there is what is drawn, and not the empty height of ten years.
  const windows = () => page.evaluate(() => document.documentElement.scrollHeight / innerHeight);
  expect(await windows()).toBeGreaterThan(40);
  await page.emulateMedia({ media: "print" });
  await expect(slider(page)).toBeHidden();
  expect(await windows()).toBeLessThan(20);
  await page.context().close();
});

test("a browser whose clock is hours ahead asks for each part of the timeline once", async ({ browser }) => {
  const { page, lists } = await library(browser, 2000);
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3 * 3_600_000;
  });
  await page.goto("/");
  await wake(page);
  for (const at of [/May 2023/, /May 2022/, /May 2021/]) {
    await slider(page).focus();
    if (at.source === "May 2023") await page.keyboard.press("ArrowDown");
    await page.keyboard.press("PageDown");
    await expect(slider(page)).toHaveAttribute("aria-valuetext", at);
    await expect.poll(async () => (await onScreen(page)).length).toBeGreaterThan(0);
  }
  expect(lists.length).toBeGreaterThan(1);
  expect(lists.length).toBe(new Set(lists).size);
  await page.context().close();
});

test("the scrubber is a slider: months and years by keys, the place kept by a reload", async ({
  browser,
}) => {
  const { page } = await library(browser, 2000);
  await page.goto("/");
  await wake(page);
  await slider(page).focus();
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "June 2024");
  await page.keyboard.press("ArrowDown");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "May 2024");
  await page.keyboard.press("PageDown");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "May 2023");
  await page.keyboard.press("End");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "January 2014");
  await page.keyboard.press("ArrowUp");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "February 2014");
  await page.keyboard.press("Home");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "June 2024");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageDown");
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "June 2022");
  await expect(page).toHaveURL(/at=2022-06/);
  await expect.poll(async () => (await onScreen(page)).length).toBeGreaterThan(0);
  const before = (await onScreen(page)).map(({ href }) => href);
  const address = page.url();
  await page.addInitScript(() => {
    const said: string[] = [];
    let isMoved = false;
    addEventListener(
      "wheel",
      () => {
        isMoved = true;
      },
      true,
    );
    const replace = history.replaceState.bind(history);
    history.replaceState = (...args) => {
      replace(...args);
      if (!isMoved) said.push(location.href);
    };
    window.said = said;
  });
  await page.reload();
  await expect(slider(page)).toHaveAttribute("aria-valuetext", "June 2022");
  await expect
    .poll(async () => (await onScreen(page)).filter(({ href }) => before.includes(href)).length)
    .toBeGreaterThan(before.length / 2);
  expect(await shifted(page)).toEqual([]);
  await accessible(page);
  // An address that was opened is not put more exactly, which at each reload would be another row, until somebody moves.
  await page.mouse.wheel(0, 3000);
  await expect(page).not.toHaveURL(address);
  expect((await page.evaluate(() => window.said))?.filter((said) => said !== address)).toEqual([]);
  await page.context().close();
});

test("arrow keys go from picture to picture, and closing one gives the focus back to it", async ({
  browser,
}) => {
  const { page } = await library(browser, 800);
  await page.goto("/");
  await wake(page);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("href"));
  const order = await page.locator(tiles).evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  await page.locator(tiles).first().focus();
  expect(await focused()).toBe(order[0]);
  await page.keyboard.press("ArrowRight");
  await expect.poll(focused).toBe(order[1]);
  await page.keyboard.press("ArrowLeft");
  await expect.poll(focused).toBe(order[0]);
  await page.keyboard.press("ArrowDown");
  await expect.poll(focused).not.toBe(order[0]);
  const below = order.indexOf((await focused()) ?? "");
  expect(below).toBeGreaterThan(1);
  await page.keyboard.press("ArrowUp");
  // The one above its middle; not always the one that one came from.
  await expect.poll(async () => order.indexOf((await focused()) ?? "")).toBeLessThan(below);
  expect(order.indexOf((await focused()) ?? "")).toBeGreaterThanOrEqual(0);
  // One of all tiles is a stop of the Tab key.
  expect(await page.locator(`${tiles}:not([tabindex="-1"])`).count()).toBe(1);
  await page.keyboard.press("End");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("href")))
    .not.toBe(order[0]);
  await expect(page.locator("a:focus img")).toHaveAttribute("alt", "Picture 799");
  for (let n = 0; n < 4; n++) await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowLeft");
  await expect(page.locator("a:focus img")).not.toHaveAttribute("alt", "Picture 799");
  const chosen = await focused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect.poll(focused).toBe(chosen);
  await page.context().close();
});

test("an open page shows what is added and forgets what is gone, without a reload and without a jump", async ({
  browser,
}) => {
  const { page, who } = await library(browser, 1500);
  const live = page.waitForRequest(/\/api\/live/);
  await page.goto("/");
  await wake(page);
  await live;
  await withSql((sql) => seed(sql, who, 2, { from: "2024-06-25", to: "2024-06-26" }));
  await expect(page.locator(tiles).first().locator("img")).toHaveAttribute("alt", "Picture 0");
  await expect(page.locator(tiles).nth(1).locator("img")).toHaveAttribute("alt", "Picture 1");
  await expect(page.locator(tiles).nth(2).locator("img")).toHaveAttribute("alt", "Picture 0");

  for (let n = 0; n < 8; n++) await page.mouse.wheel(0, 900);
  await expect(page).toHaveURL(/at=/);
  const before = await onScreen(page);
  await withSql((sql) => seed(sql, who, 12, { from: "2024-06-27", to: "2024-06-29" }));
  const more = page.getByRole("button", { name: "12 new pictures" });
  await expect(more).toBeVisible();
  expect(await onScreen(page)).toEqual(before);
  await withSql(
    (sql) => sql`update media set deleted_at = now() where id = ${before[1]?.href.slice(3) ?? ""}::uuid`,
  );
  await expect(page.locator(`a[href="${before[1]?.href}"]`)).toHaveCount(0);
  await expect(page.locator(`a[href="${before[0]?.href}"]`)).toBeVisible();
  await more.click();
  await expect(more).toHaveCount(0);
  await expect(page.locator(tiles).first()).toBeInViewport();
  await accessible(page);
  await page.context().close();
});

test("a page that finds no place among the streams of its person waits, comes back, and is told what it missed", async ({
  browser,
}) => {
  const { page, who } = await library(browser, 40);
  const origin = `http://localhost:${port}`;
  const leaving = new AbortController();
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const others = await Promise.all(
    Array.from({ length: 30 }, () =>
      fetch(`${origin}/api/live`, { headers: { cookie }, signal: leaving.signal }),
    ),
  );
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
  const refused = await fetch(`${origin}/api/live`, { headers: { cookie } });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);

  await page.clock.install({ time: Date.now() });
  const first = page.waitForResponse(/\/api\/live/);
  await page.goto("/");
  await wake(page);
  await page.clock.runFor(3_000);
  expect((await first).status()).toBe(429);
  await withSql((sql) => seed(sql, who, 1, { from: "2024-06-25", to: "2024-06-26" }));
  leaving.abort();
  // The server learns a moment later that they have left.
  await expect
    .poll(async () => {
      const asking = new AbortController();
      const { status } = await fetch(`${origin}/api/live`, { headers: { cookie }, signal: asking.signal });
      asking.abort();
      return status;
    })
    .toBe(200);
  await expect
    .poll(async () => {
      await page.clock.runFor(100_000);
      return page.locator(tiles).nth(1).locator("img").getAttribute("alt");
    })
    .toBe("Picture 0");
  await page.context().close();
});

test("addresses that have run out are renewed in one question before they are needed", async ({
  browser,
}) => {
  const { page, lists } = await library(browser, 1200);
  await page.clock.install({ time: Date.now() });
  await page.goto("/");
  await wake(page);
  await expect.poll(() => lists.length).toBeGreaterThanOrEqual(2);
  const asked = lists.length;
  // The laptop was closed for three hours.
  await page.clock.fastForward("03:00:00");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await expect.poll(() => lists.length).toBe(asked + 1);
  await page.context().close();
});

test("years are links without JavaScript, and the page begins there", async ({ browser }) => {
  const { page } = await library(browser, 600);
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(await page.context().cookies());
  const plain = await context.newPage();
  await plain.goto("/");
  await plain.getByRole("navigation", { name: "Years" }).getByRole("link", { name: "2019" }).click();
  await expect(plain.getByRole("heading", { level: 2 }).first()).toHaveText("December 2019");
  await plain.getByRole("link", { name: "Newer pictures" }).click();
  await expect(plain.getByRole("heading", { level: 2 }).first()).toHaveText(/2020/);
  await context.close();
  await page.context().close();
});

test("whoever walks far in the light box comes back to the picture last seen, with the focus on it", async ({
  browser,
}) => {
  const { page } = await library(browser, 1200);
  await page.goto("/?at=2016-01");
  await expect(slider(page)).toBeVisible();
  const alt = (await page.locator(`${tiles} img`).first().getAttribute("alt")) ?? "";
  // By its name: months above it come meanwhile, and another is the first then.
  await page.locator(`${tiles} img[alt='${alt}']`).click();
  const dialog = page.getByRole("dialog");
  const heading = dialog.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText(alt);
  const began = Number(/\d+$/.exec(alt)?.[0]);
  for (let n = 1; n <= 90; n++) {
    await page.keyboard.press("ArrowLeft");
    await expect(heading).toHaveText(`Picture ${began - n}`);
  }
  await expect(page.locator(`${tiles} img[alt='Picture ${began - 90}']`)).toHaveCount(0);
  // At once: the address has not followed yet.
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("a:focus img")).toHaveAttribute("alt", `Picture ${began - 90}`);
  await expect(page.locator("a:focus")).toBeInViewport();
  await page.context().close();
});
