import type { Browser, Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, test, upload, visit } from "./test.ts";
import { withSql } from "./world.ts";

const secretName = "SECRET_FILE_NAME.jpg";

/** Somebody without an account, in a browser of their own. */
async function stranger(browser: Browser): Promise<Page> {
  return (await browser.newContext({ locale: "en-GB" })).newPage();
}

let seed = 700;

/** Three pictures of the member's, the newest with a place in it, and their ids, newest first. */
async function threePictures(member: Page): Promise<string[]> {
  const first = seed;
  seed += 3;
  await upload(
    member,
    await Promise.all(
      [0, 1, 2].map((n) =>
        photograph(first + n, {
          taken: `2026:04:0${n + 1} 10:00:00`,
          name: secretName.replace("SECRET", `SECRET${n}`),
          gps: true,
        }),
      ),
    ),
  );
  const email = await emailOf(member);
  return withSql(async (sql) => {
    const rows = await sql`select m.id from media m join users u on u.id = m.owner_id
      where u.email = ${email} order by m.taken_at desc limit 3`;
    return rows.map((row) => String(row.id));
  });
}

async function emailOf(page: Page): Promise<string> {
  await page.goto("/account");
  const email = /member\d+x\d+@example\.com/.exec((await page.getByRole("main").textContent()) ?? "")?.[0];
  if (email === undefined) throw new Error("The account page names no address.");
  return email;
}

/** Makes a share of the pictures through the pages, as a person would, and returns its link. */
async function share(
  member: Page,
  ids: string[],
  fill: (page: Page) => Promise<void> = async () => {},
): Promise<string> {
  await visit(member, `/shares/new?ids=${ids.join(",")}`);
  await member.getByLabel("For whom").fill("Grandmother");
  await fill(member);
  await member.getByRole("button", { name: "Make the link" }).click();
  await expect(member).toHaveURL(/\/shares\/[0-9a-f-]{36}$/);
  await accessible(member);
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toMatch(/\/s\/[\w-]{32}$/);
  return link;
}

// Several browsers a test, and a check of accessibility on each page.
test.setTimeout(150_000);
test.afterAll(leaveNothingPublic);

test("a recipient without an account sees the pictures, walks through them and takes one home", async ({
  member,
  browser,
}) => {
  const ids = await threePictures(member);
  const email = await emailOf(member);
  const link = await share(member, ids, async (page) => {
    await page.getByLabel("Title").fill("A week in Jeju");
  });
  // When it ends is said by the clock of whoever reads it, and by one that is named where there is no script.
  const storageState = await member.context().storageState();
  for (const [options, zone] of [
    [{ timezoneId: "Asia/Seoul" }, "GMT+9"],
    [{ javaScriptEnabled: false }, "UTC"],
  ] as const) {
    const reader = await browser.newContext({ ...options, storageState });
    const page = await reader.newPage();
    await page.goto(member.url());
    await expect(page.getByRole("time").first()).toContainText(zone);
    await expect(page.getByRole("time").first()).toHaveAttribute("datetime", /Z$/);
    await reader.close();
  }
  const guest = await stranger(browser);
  const answers: string[] = [];
  guest.on("response", async (answer) => {
    if (new URL(answer.url()).pathname.startsWith("/s/")) answers.push(await answer.text().catch(() => ""));
  });
  const answer = await guest.goto(link);
  expect(answer?.status()).toBe(200);
  expect(answer?.headers()["cache-control"]).toMatch(/private.*no-store|no-store.*private/);
  expect(answer?.headers()["referrer-policy"]).toBe("no-referrer");
  expect(answer?.headers()["x-robots-tag"]).toContain("noindex");
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("A week in Jeju");
  await expect(guest.getByRole("banner")).toHaveCount(0);
  const tiles = guest.getByRole("list", { name: "Shared pictures" }).getByRole("link");
  await expect(tiles).toHaveCount(3);
  await expect
    .poll(() =>
      tiles
        .getByRole("img")
        .evaluateAll((all) => all.every((img) => (img as HTMLImageElement).naturalWidth > 0)),
    )
    .toBe(true);
  await accessible(guest);
  await fits(guest);
  const head = await guest.content();
  expect(head).toMatch(/<meta property="og:title" content="A week in Jeju"/);
  expect(head).toMatch(/<meta property="og:image" content="[^"]+\.jpg\?/);
  expect(head).toMatch(/<meta name="referrer" content="no-referrer"/);
  expect(head).toMatch(/<meta name="robots" content="noindex, nofollow"/);

  const large = (day: number) =>
    guest.getByRole("heading", { level: 1, name: `Picture from ${day} April 2026`, exact: true });
  await tiles.first().click();
  await expect(large(3)).toBeVisible();
  await expect(guest.locator(".pswp img").first()).toBeVisible();
  await accessible(guest);
  // Nothing in it belongs to an owner, on the screen or on the keyboard.
  for (const name of ["Favourite", "Share", "Move to trash", "Add to album"])
    await expect(guest.getByRole("button", { name, exact: true })).toHaveCount(0);
  await guest.keyboard.press("?");
  const keys = guest.getByRole("dialog", { name: "What can be done" });
  await expect(keys).toContainText("Next picture");
  await expect(keys).not.toContainText(/trash|album|favourite|share|edit/i);
  await keys.getByRole("button", { name: "Close" }).click();
  await expect(keys).toHaveCount(0);
  // A key that comes before the light box listens again is nobody's.
  await expect(async () => {
    if (await large(3).isVisible()) await guest.keyboard.press("ArrowRight");
    await expect(large(2)).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await guest.keyboard.press("ArrowRight");
  await expect(large(1)).toBeVisible();
  await expect(guest.getByRole("link", { name: "Next picture" })).toHaveCount(0);
  await expect(guest.getByRole("link", { name: /Original/ })).toHaveCount(0);
  const saved = guest.waitForEvent("download");
  await guest.getByRole("link", { name: /^JPEG/ }).click();
  expect((await saved).suggestedFilename()).toBe("Picture from 1 April 2026.jpg");
  await guest.keyboard.press("Escape");
  await expect(guest).toHaveURL(link);
  await expect(tiles).toHaveCount(3);

  // Nothing that was sent to this browser says whose it is, what the files are called, or where they were taken.
  await expect.poll(() => answers.length).toBeGreaterThan(2);
  const all = answers.join("\n");
  for (const secret of [
    ...ids,
    email,
    email.split("@")[0] ?? email,
    "SECRET",
    "126.55",
    "33.45",
    "Field_",
    "/media/",
    "Grandmother",
  ])
    expect(all, secret).not.toContain(secret);
  // What is private stays private everywhere else.
  for (const id of ids) expect((await guest.request.get(`/m/${id}`)).status()).toBe(404);
  await guest.goto("/");
  await expect(guest.locator(`a[href*="${ids[0]}"]`)).toHaveCount(0);
  await guest.context().close();

  await visit(member, "/shares");
  await expect(member.getByRole("main")).toContainText(/Grandmother.*1 visit.*1 download/s);
});

test("a password is asked for by a form that says nothing of the pictures, and keeps the door open for a day", async ({
  member,
  browser,
}) => {
  const ids = await threePictures(member);
  const link = await share(member, ids, async (page) => {
    await page.getByLabel("Title").fill("Not for everybody");
    await page.getByLabel("Password", { exact: true }).fill("open sesame");
  });
  const guest = await stranger(browser);
  const answer = await guest.goto(link);
  expect(answer?.status()).toBe(401);
  const html = await answer?.text();
  expect(html).not.toMatch(/Not for everybody|og:image|derived\//);
  await accessible(guest);
  await guest.getByLabel("Password").fill("sesame");
  await guest.getByRole("button", { name: "Show the pictures" }).click();
  await expect(guest.getByRole("main")).toContainText("This password is not right");
  await guest.getByLabel("Password").fill("open sesame");
  await guest.getByRole("button", { name: "Show the pictures" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Not for everybody");
  await guest.reload();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Not for everybody");
  const other = await stranger(browser);
  expect((await other.request.get(`${link}/more?after=x`)).status()).toBe(401);
  await guest.context().close();

  // Without script the same form is sent and answered as a page.
  const plain = await (await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" })).newPage();
  await plain.goto(link);
  await plain.getByLabel("Password").fill("open sesame");
  await plain.getByRole("button", { name: "Show the pictures" }).click();
  await expect(plain.getByRole("heading", { level: 1 })).toHaveText("Not for everybody");
  await plain.context().close();
  await other.context().close();
});

test("expired, withdrawn, used up and wrong links each say what they are, with their status", async ({
  member,
  browser,
}) => {
  const ids = await threePictures(member);
  const link = await share(member, ids, async (page) => {
    await page.getByLabel("Visits at most").fill("1");
  });
  const manage = member.url();
  const token = link.split("/").at(-1) ?? "";
  const change = (set: string): Promise<unknown> =>
    withSql((sql) =>
      sql.unsafe(`update shares set ${set} where token_hash = sha256(convert_to($1, 'utf8'))`, [token]),
    );
  const guest = await stranger(browser);
  const says = async (address: string, status: number, title: string): Promise<void> => {
    const answer = await guest.goto(address);
    expect(answer?.status(), title).toBe(status);
    await expect(guest.getByRole("heading", { level: 1 })).toHaveText(title);
    await accessible(guest);
  };

  await says(
    link.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    404,
    "This link leads nowhere",
  );
  await says("/s/nothing", 404, "This link leads nowhere");
  await says(link, 401, "Somebody shares pictures with you");
  await guest.getByRole("button", { name: "Show the pictures" }).click();
  await expect(guest.getByRole("list", { name: "Shared pictures" }).getByRole("link")).toHaveCount(3);
  const second = await stranger(browser);
  expect((await second.goto(link))?.status()).toBe(410);
  await expect(second.getByRole("heading", { level: 1 })).toHaveText("This link is used up");
  await second.context().close();

  await change("expires_at = now() - interval '1 second'");
  await says(link, 410, "This link has expired");
  await change("expires_at = null");
  expect((await guest.goto(link))?.status()).toBe(200);

  await member.goto(manage);
  await expect(member.getByRole("table")).toContainText("Chrome, Linux");
  await expect(member.getByRole("table")).toContainText(/127\.0\.0\.0\/24|0:0:0::\/48/);
  await member.getByRole("button", { name: "Withdraw the link" }).click();
  await expect(member.getByRole("main")).toContainText("Withdrawn");
  await says(link, 410, "This link was withdrawn");
  expect((await guest.request.get(`${link}/more?after=x`)).status()).toBe(410);
  await member.getByRole("button", { name: "Remove from the list" }).click();
  await expect(member).toHaveURL(/\/shares$/);
  await says(link, 404, "This link leads nowhere");
  await guest.context().close();
});

test("originals come only when they were allowed, and no more often than was given", async ({
  member,
  browser,
}) => {
  const ids = await threePictures(member);
  const link = await share(member, ids.slice(0, 1), async (page) => {
    await page.getByLabel("Visitors may download").selectOption("Originals and prepared sizes");
    await page.getByLabel("Downloads at most").fill("2");
  });
  const guest = await stranger(browser);
  await guest.goto(link);
  await guest.getByRole("list", { name: "Shared pictures" }).getByRole("link").first().click();
  await expect(guest.getByRole("link", { name: /^Original/ })).toBeVisible();
  const picture = await guest.locator("main a[href*='/m/']").first().getAttribute("href");
  const url = `${picture}/download?size=original`;
  const [one, two, three] = [
    await guest.request.get(url),
    await guest.request.get(url),
    await guest.request.get(url),
  ];
  expect([one.status(), two.status(), three.status()]).toEqual([200, 200, 410]);
  const [known] = await withSql(
    (sql) => sql`select encode(sha256, 'hex') as sha256 from media where id = ${ids[0] ?? ""}`,
  );
  const { createHash } = await import("node:crypto");
  expect(
    createHash("sha256")
      .update(await one.body())
      .digest("hex"),
  ).toBe(known?.sha256);
  await guest.reload();
  await expect(guest.getByRole("main")).toContainText("No downloads are left");
  await guest.context().close();
});

test("a maker changes a share, and sees none but their own", async ({ member, admin }) => {
  const ids = await threePictures(member);
  await share(member, ids);
  await member.getByLabel("For whom").fill("");
  await member.getByRole("button", { name: "Save", exact: true }).click();
  await expect(member.getByLabel("For whom")).toBeFocused();
  await member.getByLabel("For whom").fill("The club");
  await member.getByLabel("Ends").selectOption("In a week");
  await member.getByRole("button", { name: "Save", exact: true }).click();
  await expect(member.getByRole("main")).toContainText("It counts at once");
  await expect(member.getByRole("heading", { level: 1 })).toContainText("The club");
  const answer = await admin.goto(new URL(member.url()).pathname);
  expect(answer?.status()).toBe(404);
});
