import type { Browser, BrowserContext } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, test, upload, visit } from "./test.ts";
import { account, withSql } from "./world.ts";

const tiles = "main a[href^='/m/']";
/** Newest first. */
const titles = ["Sailing at dawn", "Sailing at noon", "푸른 바다", "Sailing at night"];

type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;

/** A member with four pictures, three of them tagged, the last in a portrait's shape. */
async function filled(browser: Browser): Promise<Cookies> {
  const who = await account("member");
  const member = await signedIn(browser, who);
  await upload(
    member,
    await Promise.all(
      titles.map((_, n) =>
        photograph(700 + n, {
          name: `seek-${n}.jpg`,
          taken: `202${6 - n}:02:10 10:00:00`,
          width: n === 3 ? 320 : 480,
          height: n === 3 ? 480 : 320,
        }),
      ),
    ),
  );
  await withSql(async (sql) => {
    const [user] = await sql<{ id: string }[]>`select id from users where email = ${who.email}`;
    const id = user?.id ?? "";
    for (const [n, title] of titles.entries())
      await sql`update media set title = ${title} where owner_id = ${id} and filename = ${`seek-${n}.jpg`}`;
    await sql`
      with made as (insert into tags (owner_id, name, folded) values (${id}, 'Family trip', 'family trip') returning id)
      insert into media_tags (tag_id, media_id, taken_at, live)
      select made.id, media.id, taken_at, true from made, media where owner_id = ${id} and title like 'Sailing%'`;
  });
  const cookies = await member.context().cookies();
  await member.context().close();
  return cookies;
}

let cookies: Cookies;
test.beforeAll(async ({ browser }) => {
  cookies = await filled(browser);
});
test.beforeEach(async ({ context }) => {
  await context.addCookies(cookies);
});

test.afterAll(leaveNothingPublic);

test("a key leads to the box from anywhere, a word to its pictures, and the light box walks through those alone", async ({
  page,
}) => {
  await page.goto("/");
  await expect(page.locator(tiles).first()).toBeVisible();
  const box = page.getByRole("banner").getByRole("combobox", { name: "Search pictures" });
  await page.getByRole("banner").getByLabel("Search pictures").waitFor();
  await page.keyboard.press("/");
  await expect(box).toBeFocused();
  await page.keyboard.type("sailing");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=sailing$/);
  await expect(page.getByRole("status").filter({ hasText: "3 pictures" })).toBeVisible();
  await expect(page.locator(tiles)).toHaveCount(3);
  await accessible(page);
  await page.locator(tiles).nth(1).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Sailing at noon");
  await page.keyboard.press("ArrowRight");
  // Between the two in time stands one that was not found.
  await expect(dialog.getByRole("heading", { level: 1 })).toHaveText("Sailing at night");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/search\?q=sailing$/);
});

test("suggestions are chosen by keys, told to a screen reader, and write what they mean", async ({
  page,
}) => {
  await visit(page, "/search");
  const box = page.getByRole("main").getByRole("combobox", { name: "Search pictures" });
  await expect(box).toBeFocused();
  await page.keyboard.type("fam");
  const offered = page.getByRole("option", { name: /tag:"Family trip"/ });
  await expect(offered).toContainText("3");
  await expect(box).toHaveAttribute("aria-expanded", "true");
  await accessible(page);
  await page.keyboard.press("ArrowDown");
  await expect(offered).toHaveAttribute("aria-selected", "true");
  await expect(box).toHaveAttribute("aria-activedescendant", (await offered.getAttribute("id")) ?? "");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue('tag:"Family trip" ');
  await page.keyboard.press("Escape");
  await page.keyboard.type("바다");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await page.getByRole("link", { name: 'Without tag:"Family trip": 1 picture' }).click();
  await expect(page.locator(tiles)).toHaveCount(1);
  await page.goto("/search");
  await expect(page.getByRole("heading", { name: "Recent searches" })).toBeVisible();
  // They are this person's, not the browser's.
  await page.context().clearCookies();
  await page.goto("/search");
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Recent searches" })).toHaveCount(0);
  await page.context().addCookies(cookies);
  await page.goto("/search");
  await expect(page.getByRole("heading", { name: "Recent searches" })).toBeVisible();
  await page.getByRole("button", { name: "Forget them" }).click();
  await expect(page.getByRole("heading", { name: "Recent searches" })).toHaveCount(0);
});

test("box, filters and conditions work as plain forms and links without JavaScript", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByRole("banner").getByLabel("Search pictures").fill("sailing -noon");
  await page.keyboard.press("Enter");
  await expect(page.locator(tiles)).toHaveCount(2);
  await page.getByText("Filters", { exact: true }).click();
  await page.getByLabel("Shape").selectOption({ label: "Portrait" });
  await page.getByLabel("From").fill("2020-01-01");
  await page.getByRole("button", { name: "Show pictures" }).click();
  await expect(page).toHaveURL(/\?q=sailing\+-noon\+2020\.\.\+orientation%3Aportrait$/);
  await expect(page.locator(tiles)).toHaveCount(1);
  await page.getByRole("link", { name: "Remove orientation:portrait" }).click();
  await expect(page.locator(tiles)).toHaveCount(2);
  await context.close();
});

test("a broken search says of each part what is wrong, and goes on with the rest", async ({ page }) => {
  await visit(page, "/search?q=sailing+colr:red+rating:9");
  const said = page.getByRole("alert").filter({ hasText: "cannot be understood" });
  await expect(said).toContainText("There is no filter called “colr:”");
  await expect(said).toContainText("stars from 0 to 5");
  await said.getByRole("link", { name: "Search without it" }).click();
  await expect(page.locator(tiles)).toHaveCount(3);
});

for (const [what, options] of [
  [
    "a phone in the dark",
    { viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true, isMobile: true },
  ],
  ["a wide screen in the light", { viewport: { width: 2560, height: 1300 }, colorScheme: "light" }],
] as const)
  test(`every state of a search fits ${what}`, async ({ browser, baseURL }) => {
    const context = await browser.newContext(options);
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto("/");
    // A name that is wider than the screen.
    const href = (await page.locator(tiles).first().getAttribute("href")) ?? "";
    const headers = { origin: baseURL ?? "" };
    const title = `Winter in the mountains with the whole family and three dogs, ${what}`;
    const album = await (await page.request.post("/api/albums", { data: { title }, headers })).json();
    await page.request.post("/api/changes", {
      data: {
        selection: { ids: [/[0-9a-f-]{36}/.exec(href)?.[0]] },
        change: { kind: "album", add: album.id },
      },
      headers,
    });
    if (options.viewport.width < 700) {
      await page.getByRole("link", { name: "Search", exact: true }).click();
      await expect(page).toHaveURL(/\/search$/);
    }
    for (const path of [
      "/search",
      "/search?q=sailing",
      "/search?q=sailing+type:gif+2019",
      "/search?q=%22x",
    ]) {
      await page.goto(path);
      await page.getByText(/^Filters/).click();
      await fits(page);
      await accessible(page);
    }
    await context.close();
  });
