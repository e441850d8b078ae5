/** For everybody: languages, light and dark, both ways of writing, without network, from other apps. */
import { randomUUID } from "node:crypto";
import type { BrowserContext, Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, signedIn, signInByForm, test, visit } from "./test.ts";
import { account, main, owner, withSql } from "./world.ts";

const origin = `http://localhost:${main().port}`;
const speak = (context: BrowserContext, language: string) =>
  context.addCookies([{ name: "tintype-language", value: language, url: origin }]);

/** Three words of English in a row; names and code are shorter. */
const english = /\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b/;
const ownPages = ["/", "/upload", "/account", "/trash", "/preferences"];
const adminPages = ["/admin/media", "/admin/uploads", "/admin/users", "/admin/storage"];

test.afterAll(leaveNothingPublic);

test("readers who ask at the same time are each answered in their own language", async ({ request }) => {
  const ask = async (language: string) => {
    const answer = await request.get("/sign-in", { headers: { "accept-language": language } });
    const text = await answer.text();
    return [/<html lang="([^"]+)"/.exec(text)?.[1], /<h1[^>]*>([^<]+)/.exec(text)?.[1]].join(" ");
  };
  const said = await Promise.all(
    Array.from({ length: 24 }, async (_, n) => [n % 3, await ask(["ko-KR,ko", "en-GB", "fr"][n % 3] ?? "")]),
  );
  for (const [n, text] of said) expect(text).toBe(["ko-KR 로그인", "en-GB Sign in", "en Sign in"][Number(n)]);
});

test.describe("in Korean", () => {
  test.use({ locale: "ko-KR" });

  test("a visitor reads Korean, chooses English, and it stays", async ({ page }) => {
    await visit(page, "/preferences");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("언어와 화면 모드");
    await expect(page.locator("html")).toHaveAttribute("lang", "ko-KR");
    await page.getByRole("radio", { name: "English" }).check();
    await page.getByRole("button", { name: "저장" }).click();
    await expect(page.getByRole("status")).toHaveText("Saved.");
    await page.goto("/sign-in");
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });

  test("a language chosen while signed in is spoken in one's other browsers, signed in before or after", async ({
    browser,
  }) => {
    const who = await account("member");
    const other = await signInByForm(browser, who, { locale: "en-GB" });
    const page = await signedIn(browser, who, { locale: "en-GB" });
    await page.goto("/preferences");
    await page.getByRole("radio", { name: "한국어" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("언어와 화면 모드");
    const fresh = await browser.newPage({ locale: "en-GB" });
    const missing: string[] = [];
    fresh.on("response", (answer) => {
      if (answer.status() >= 400) missing.push(`${answer.status()} ${answer.url()}`);
    });
    await fresh.goto("/sign-in");
    await fresh.getByLabel("E-mail").fill(who.email);
    await fresh.getByLabel("Password", { exact: true }).fill(who.password);
    await fresh.getByRole("button", { name: "Sign in" }).click();
    await expect(fresh.getByRole("heading", { level: 1 })).toHaveText("갤러리");
    await expect(fresh).toHaveURL(/:\d+\/$/);
    expect(missing).toEqual([]);
    await other.goto("/trash?x=1");
    await expect(other).toHaveURL(/\/trash\?x=1$/);
    for (const seen of [fresh, other]) {
      await expect(seen.locator("html")).toHaveAttribute("lang", "ko");
      await expect(seen.getByRole("navigation").first()).toContainText("앨범");
      await seen.context().close();
    }
    await page.context().close();
  });

  test("what is missing is said in Korean, without script as well", async ({ browser }) => {
    const context = await browser.newContext({ locale: "ko-KR", javaScriptEnabled: false });
    const page = await context.newPage();
    for (const path of ["/no/such/page", ...["m", "albums"].map((part) => `/${part}/${randomUUID()}`)]) {
      expect((await page.goto(path))?.status()).toBe(404);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("여기에는 보여 드릴 것이 없습니다");
    }
    await context.close();
  });

  test("no screen of the owner's falls back to English", async ({ browser }) => {
    const page = await signedIn(browser, owner, { locale: "en-US" });
    await speak(page.context(), "ko");
    // What people named themselves stays as they wrote it.
    const given = await withSql(
      (sql) => sql`select title as text from media union select title from albums
      union select filename from uploads union select name from users order by 1 desc`,
    );
    for (const path of [...ownPages, ...adminPages]) {
      await page.goto(path);
      await fits(page);
      await expect(page.locator("html")).toHaveAttribute("lang", "ko");
      let shown = (await page.locator("body").ariaSnapshot()).replaceAll(/\S+@\S+|npm run.*/g, "");
      for (const { text } of given) if (text !== "") shown = shown.replaceAll(text, "");
      expect(english.exec(shown)?.[0], path).toBeUndefined();
    }
    await page.context().close();
  });
});

test("a chosen theme is in the page before anything is painted, and without script", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, colorScheme: "light" });
  const page = await context.newPage();
  const shade = () =>
    page.evaluate(() => getComputedStyle(document.body.parentElement ?? document.body).backgroundColor);
  await page.goto("/preferences");
  const light = await shade();
  await page.getByRole("radio", { name: "Dark" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved.");
  expect(await shade()).not.toBe(light);
  await page.goto("/sign-in");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.locator("meta[name=theme-color]")).toHaveAttribute("content", "#121212");
  await context.close();
});

test("a theme chosen while signed in is that of one's other browsers, signed in before or after", async ({
  browser,
}) => {
  const who = await account("member");
  const other = await signedIn(browser, who, { colorScheme: "light" });
  const page = await signedIn(browser, who, { colorScheme: "light" });
  await page.goto("/preferences");
  await page.getByRole("radio", { name: "Dark" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const fresh = await signInByForm(browser, who, { colorScheme: "light" });
  await other.goto("/trash");
  // Said by the server, before anything is painted.
  expect(await (await other.request.get("/trash")).text()).toMatch(/<html[^>]* data-theme="dark"/);
  for (const seen of [fresh, other]) {
    await expect(seen.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(seen.locator("meta[name=theme-color]")).toHaveAttribute("content", "#121212");
    await seen.context().close();
  }
  await page.context().close();
});

test("days are those of the reader's calendar, and without script those of UTC", async ({ browser }) => {
  const who = await account("member");
  for (const [javaScriptEnabled, day] of [
    [true, "May 2, 2026"],
    [false, "May 1, 2026"],
  ] as const) {
    const page = await signedIn(browser, who, { timezoneId: "Asia/Seoul", javaScriptEnabled });
    await withSql(
      (sql) => sql`update sessions set created_at = '2026-05-01T20:30:00Z'
        where user_id = (select id from users where email = ${who.email})`,
    );
    await page.goto("/account");
    await expect(page.locator("time[datetime^='2026-05-01T20:30']").first()).toHaveText(day);
    await page.context().close();
  }
});

test("every main screen can be read in the dark and written from right to left", async ({ browser }) => {
  // Nine pages, each of them looked at in three ways.
  test.setTimeout(120_000);
  const page = await signedIn(browser, owner);
  await page.context().addCookies([{ name: "tintype-theme", value: "dark", url: origin }]);
  for (const path of [...ownPages, ...adminPages]) {
    await page.setViewportSize({ width: 1280, height: 740 });
    await visit(page, path);
    await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 740 });
      await fits(page);
    }
  }
  await page.context().close();
});

test("the manifest names icons that are there and speaks the reader's language", async ({
  page,
  request,
}) => {
  await page.goto("/");
  await expect(page.locator("link[rel=manifest]")).toHaveAttribute("href", "/manifest.webmanifest");
  const answer = await request.get("/manifest.webmanifest", { headers: { "accept-language": "ko" } });
  const manifest = await answer.json();
  expect(manifest.lang).toBe("ko");
  for (const icon of manifest.icons) {
    const png = await request.get(icon.src);
    expect(png.headers()["content-type"], icon.src).toBe(icon.type);
    if (icon.sizes === "any") continue;
    const bytes = await png.body();
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(icon.sizes);
  }
});

test("pictures that come from another app without a service worker are not read, and the page says what to do", async ({
  page,
}) => {
  await page.goto("/sign-in");
  await share(page, await photograph(7_001, { width: 320, height: 200, name: "lonely.jpg" }));
  await expect(page).toHaveURL(/\/upload\/share-target$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The pictures did not come along");
  await accessible(page);
});

test.describe("with the service worker", () => {
  test("without network a page of ours says so, keeps nothing private, and leads back", async ({
    browser,
  }) => {
    // A context of its own: that there is no network is an error to the console, and meant.
    const context = await browser.newContext({ serviceWorkers: "allow" });
    const page = await context.newPage();
    await controlled(page, "/");
    await context.setOffline(true);
    await page.goto("/m/3f0a1f90-0000-4000-8000-000000000000");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no connection");
    await accessible(page);
    const kept = await page.evaluate(async () =>
      Promise.all(
        (await caches.keys()).map(async (name) =>
          (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname),
        ),
      ),
    );
    expect(kept.flat()).toEqual(["/offline"]);
    await context.setOffline(false);
    await page.getByRole("link", { name: "Try again" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing is shown here");
    await context.close();
  });

  test("a picture shared from another app goes into the upload, and no byte of it to the server", async ({
    browser,
  }) => {
    const page = await signedIn(browser, owner, { serviceWorkers: "allow" });
    await controlled(page, "/upload");
    await share(page, await photograph(7_002, { width: 320, height: 200, name: "from the telephone.jpg" }));
    await expect(page).toHaveURL(/\/upload$/);
    await expect(page.getByRole("main")).toContainText(/1 picture added/, { timeout: 60_000 });
    await expect(page.getByRole("main")).toContainText("from the telephone.jpg");
    await page.context().close();
  });
});

/** Waits until the page is in the hands of the service worker, which comes some time after it. */
async function controlled(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        if (navigator.serviceWorker.controller !== null) resolve();
        navigator.serviceWorker.addEventListener("controllerchange", () => resolve());
      }),
  );
}

/** As the system's share sheet does it: a form that nobody sees. */
async function share(
  page: Page,
  { name, mimeType, buffer }: { name: string; mimeType: string; buffer: Buffer },
): Promise<void> {
  await page.evaluate(
    ({ name, mimeType, bytes }) => {
      const form = document.createElement("form");
      form.method = "post";
      form.enctype = "multipart/form-data";
      form.action = "/upload/share-target";
      const input = document.createElement("input");
      input.type = "file";
      input.name = "pictures";
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type: mimeType }));
      input.files = transfer.files;
      form.append(input);
      document.body.append(form);
      form.submit();
    },
    { name, mimeType, bytes: [...buffer] },
  );
}
