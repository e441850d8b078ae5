import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, withSql } from "./world.ts";

test.setTimeout(120_000);

const tiles = "main a[href^='/m/']";
const bar = (page: Page) => page.getByRole("region", { name: "Selected photos" });
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
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect(member.getByText("Date changed on 4 photos.")).toBeVisible();
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
  await expect(member.getByText("Tags changed on 3 photos.")).toBeVisible();
  await bar(member).getByRole("button", { name: "Move to trash" }).focus();
  await member.keyboard.press("Enter");
  await expect(member.getByText("3 photos moved to the trash.")).toBeVisible();
  await expect(member.locator(tiles)).toHaveCount(0);
  await member.keyboard.press("Control+z");
  await expect(member.getByText("Taken back.")).toBeVisible();
  await expect(member.locator(tiles)).toHaveCount(3);

  await member.goto("/tags");
  await expect(member.getByRole("link", { name: /Sea\s*3 photos/ })).toBeVisible();
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
  await expect(page.getByText("4 photos added to your favourites.")).toBeVisible();
  await page.goto("/favourites");
  await expect(page.locator(tiles)).toHaveCount(4);
  await accessible(page);
  await page.context().close();
});
