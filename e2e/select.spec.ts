import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { seed } from "./seeded.ts";
import { accessible, expect, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, withSql } from "./world.ts";

test.setTimeout(120_000);

const tiles = "main a[href^='/m/']";
const bar = (page: Page) => page.getByRole("region", { name: "Selected pictures" });
/** Those of single pictures; days and months have boxes of the same name. */
const boxes = (page: Page) => page.locator("main .tile > input.choose");

/** A member of one's own with pictures taken on one day each; returns their ids, newest first. */
async function withPictures(page: Page, count: number): Promise<string[]> {
  const name = `select-${Date.now()}`;
  const drawn = [];
  for (let n = 0; n < count; n++) drawn.push(await photograph(300 + n, { name: `${name}-${n}.jpg` }));
  await upload(page, drawn);
  return withSql(async (sql) => {
    const rows = await sql<{ id: string }[]>`
      update media set taken_at = timestamptz '2012-05-20T12:00:00Z' - substring(filename from '-([0-9]+)\\.jpg$')::int * interval '1 day',
        title = 'Picture ' || substring(filename from '-([0-9]+)\\.jpg$')
      where filename like ${`${name}-%`} returning id, taken_at`;
    const ordered = await sql<{ id: string }[]>`
      select id from media where id = any(${rows.map(({ id }) => id)}) order by taken_at desc`;
    return ordered.map(({ id }) => id);
  });
}

const takenOf = (ids: string[]): Promise<string[]> =>
  withSql(async (sql) => {
    const rows = await sql<{ id: string; at: string }[]>`
      select id, to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as at from media where id = any(${ids})`;
    return ids.map((id) => rows.find((row) => row.id === id)?.at ?? "");
  });

test.afterAll(leaveNothingPublic);

test("with the mouse: one, a range, a lasso; a shift of the date of all, and undo puts it back", async ({
  member,
}) => {
  const ids = await withPictures(member, 5);
  await member.goto("/");
  await expect(member.locator(tiles)).toHaveCount(5);
  await member.locator(tiles).first().hover();
  // From then on the timeline places its tiles itself: a click on its way would land elsewhere.
  await expect(member.locator(".month-head b")).toBeVisible();
  await boxes(member).nth(0).click();
  await expect(bar(member)).toContainText("1 selected");
  await boxes(member)
    .nth(3)
    .click({ modifiers: ["Shift"] });
  await expect(bar(member)).toContainText("4 selected");
  await accessible(member);

  const before = await takenOf(ids);
  await bar(member).getByRole("button", { name: "Date" }).click();
  const dialog = member.getByRole("dialog", { name: "Change the date" });
  await dialog.getByLabel("Direction").selectOption("Earlier");
  await dialog.getByLabel("Hours").fill("2");
  await accessible(member);
  const answered = Promise.withResolvers<void>();
  await member.route("**/api/changes", async (route) => {
    await answered.promise;
    await route.continue();
  });
  await dialog.getByRole("button", { name: "Apply" }).click();
  // A large change takes a while, and says so.
  await expect(member.getByRole("status").filter({ hasText: "Working…" })).toBeVisible();
  answered.resolve();
  await expect(member.getByText("Date changed on 4 pictures.")).toBeVisible();
  await expect(member.getByText("Working…")).toBeHidden();
  expect((await takenOf(ids))[0]).toBe("2012-05-20 10:00");
  expect((await takenOf(ids))[4]).toBe(before[4]);
  await member.getByRole("button", { name: "Undo" }).click();
  await expect(member.getByText("Taken back.")).toBeVisible();
  expect(await takenOf(ids)).toEqual(before);

  await member.keyboard.press("Escape");
  await expect(bar(member)).toBeHidden();
  // A lasso begins beside the pictures and touches the first two.
  const [one, two] = [
    await member.locator(tiles).nth(0).boundingBox(),
    await member.locator(tiles).nth(1).boundingBox(),
  ];
  if (one === null || two === null) throw new Error("The tiles have no place on the page");
  await member.mouse.move(one.x - 8, one.y + one.height / 2);
  await member.mouse.down();
  await member.mouse.move(two.x + two.width / 2, two.y + two.height / 2, { steps: 5 });
  await member.mouse.up();
  await expect(bar(member)).toContainText("2 selected");

  // An answer that is cut short on its way is not taken for one.
  await member.route("**/api/changes", (route) => route.fulfill({ status: 200, body: '{"changed":' }));
  await bar(member).getByRole("button", { name: "Date" }).click();
  await dialog.getByLabel("Hours").fill("2");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect(member.getByText("The answer was lost on its way.")).toBeVisible();
});

test("with the keyboard alone: choose, extend, all, tag, trash, and take back what was done", async ({
  member,
}) => {
  await withPictures(member, 3);
  await member.goto("/");
  await expect(member.locator(tiles)).toHaveCount(3);
  await member.locator(tiles).first().focus();
  await member.keyboard.press("x");
  await expect(bar(member)).toContainText("1 selected");
  await member.keyboard.press("Shift+ArrowRight");
  await expect(bar(member)).toContainText("2 selected");
  await member.keyboard.press("Control+a");
  await expect(bar(member)).toContainText("3 selected");
  await bar(member).getByRole("button", { name: "Tags" }).focus();
  await member.keyboard.press("Enter");
  await member.getByLabel("Add tags").fill("Sea, 바다");
  await member.keyboard.press("Enter");
  await expect(member.getByText("Tags changed on 3 pictures.")).toBeVisible();
  await bar(member).getByRole("button", { name: "Move to trash" }).focus();
  await member.keyboard.press("Enter");
  await expect(member.getByText("3 pictures moved to the trash.")).toBeVisible();
  await expect(member.locator(tiles)).toHaveCount(0);
  await member.keyboard.press("Control+z");
  await expect(member.getByText("Taken back.")).toBeVisible();
  await expect(member.locator(tiles)).toHaveCount(3);

  await member.goto("/tags");
  await expect(member.getByRole("link", { name: /Sea\s*3 pictures/ })).toBeVisible();
  await member.locator("summary[aria-label='Edit the tag Sea']").click();
  await member.getByLabel("Name").first().fill("바다");
  await accessible(member);
  await member.getByRole("button", { name: "Rename" }).first().click();
  await expect(member.getByRole("main").getByRole("listitem")).toHaveCount(1);
});

test("with a finger: a long press chooses, dragging on chooses more, and the bar is where the thumb is", async ({
  browser,
}) => {
  const page = await signedIn(browser, await account("member"), {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await withPictures(page, 4);
  await page.goto("/");
  await expect(page.locator(tiles)).toHaveCount(4);
  const cdp = await page.context().newCDPSession(page);
  const middle = async (n: number) => {
    const box = await page.locator(tiles).nth(n).boundingBox();
    if (box === null) throw new Error("The tile has no place on the page");
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [await middle(0)] });
  await expect(bar(page)).toContainText("1 selected");
  await cdp.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [await middle(2)] });
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(bar(page)).toContainText("3 selected");
  const box = await bar(page).boundingBox();
  expect(box === null ? 0 : box.y).toBeGreaterThan(740 - 120);
  expect(box === null ? 0 : box.width).toBeLessThanOrEqual(360);
  await accessible(page);
  await page.locator(tiles).nth(3).tap();
  await expect(bar(page)).toContainText("4 selected");
  await bar(page).getByRole("button", { name: "Favourite", exact: true }).tap();
  await expect(page.getByText("4 pictures added to your favourites.")).toBeVisible();
  await page.goto("/favourites");
  await expect(page.locator(tiles)).toHaveCount(4);
  await accessible(page);
  await page.context().close();
});

test("what the page does not hold is chosen as well: from the newest to the oldest, a whole month, a whole day, all that a search finds", async ({
  browser,
}) => {
  const who = await account("member");
  await withSql((sql) => seed(sql, who, 3000, { from: "2014-01-10", to: "2024-06-20" }));
  const page = await signedIn(browser, who);
  const grey = "<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'/>";
  await page.route(/\/derived\//, (route) => route.fulfill({ contentType: "image/svg+xml", body: grey }));
  const inTrash = () =>
    withSql(async (sql) => {
      const [row] = await sql<{ count: number; least: string; most: string }[]>`
        select count(*)::int as count, to_char(min(taken_at) at time zone 'UTC', 'YYYY-MM-DD') as least,
          to_char(max(taken_at) at time zone 'UTC', 'YYYY-MM-DD') as most
        from media m join users u on u.id = m.owner_id where u.email = ${who.email} and m.deleted_at is not null`;
      return row;
    });
  await page.goto("/");
  await page.locator(tiles).first().hover();
  await expect(page.locator(".month-head b")).toBeVisible();
  await boxes(page).first().click();
  await page.locator(tiles).first().focus();
  await page.keyboard.press("End");
  const oldest = page.getByRole("link", { name: "Picture 2999", exact: true });
  await expect(oldest).toBeFocused();
  await page.keyboard.press("Shift+Space");
  await expect(bar(page)).toContainText("3,000 selected");
  await expect(boxes(page).last()).toBeChecked();
  await oldest.click();
  await expect(bar(page)).toContainText("2,999 selected");
  await bar(page).getByRole("button", { name: "Move to trash" }).click();
  await expect(page.getByText("2,999 pictures moved to the trash.")).toBeVisible();
  expect((await inTrash())?.count).toBe(2999);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Taken back.")).toBeVisible();
  expect((await inTrash())?.count).toBe(0);

  await page.goto("/");
  await page.locator(tiles).first().hover();
  await expect(page.locator(".month-head b")).toBeVisible();
  // The box of a day is on its first picture, that of a month beside its name: a day is in its month.
  await page.locator("main .day").getByRole("checkbox").first().check();
  await expect(bar(page)).toContainText("1 selected");
  await page.getByRole("checkbox", { name: "Select this month: June 2024" }).focus();
  await page.keyboard.press("Space");
  const inJune = await withSql(async (sql) => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from media m join users u on u.id = m.owner_id
      where u.email = ${who.email} and m.taken_at >= '2024-06-01Z'`;
    return row?.count ?? 0;
  });
  await expect(bar(page)).toContainText(`${inJune} selected`);
  await bar(page).getByRole("button", { name: "Move to trash" }).click();
  await expect(page.getByText(`${inJune} pictures moved to the trash.`)).toBeVisible();
  expect(await inTrash()).toMatchObject({ count: inJune, most: "2024-06-20" });
  expect((await inTrash())?.least).toMatch(/^2024-06/);

  await page.goto("/search?q=is:mine");
  await expect(page.locator(tiles).first()).toBeVisible();
  await page.locator(tiles).first().focus();
  await page.keyboard.press("Control+a");
  await expect(bar(page)).toContainText("All selected");
  await bar(page).getByRole("button", { name: "Move to trash" }).click();
  await expect(page.getByText(/2,9\d\d pictures moved to the trash\./)).toBeVisible({ timeout: 30_000 });
  expect((await inTrash())?.count).toBe(3000);
  await page.context().close();
});
