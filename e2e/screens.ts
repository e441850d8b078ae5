/**
 * The pictures of the README: `SCREENSHOTS=docs/screens npm run e2e -- sample` takes them anew, from the sample pictures.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, type Page } from "playwright/test";
import sharp from "sharp";

export type Look = { scheme: "light" | "dark"; width: number; height: number; phone?: true };
/** A page in this look, of the owner or of somebody without an account. */
export type Open = (look: Look, who: "owner" | "stranger") => Promise<Page>;

const desk = { width: 1280, height: 800 };
const hand = { width: 390, height: 780, phone: true } as const;
const bytesMax = 150_000;

export async function takeScreens(folder: string, open: Open): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const scheme of ["light", "dark"] as const) {
    const page = await open({ scheme, ...desk }, "owner");
    await page.goto("/");
    await drawn(page);
    // Past the note about samples, to the first month.
    await page.evaluate(() => {
      const note = document.querySelector("main details")?.parentElement;
      scrollTo(0, (note?.offsetHeight ?? 0) + 12);
    });
    await take(page, folder, `gallery-${scheme}`);
    await page.context().close();
  }
  await dark(folder, open);
  await light(folder, open);
  const phone = await open({ scheme: "dark", ...hand }, "stranger");
  await phone.goto("/");
  await take(phone, folder, "phone");
  await phone.context().close();
}

async function dark(folder: string, open: Open): Promise<void> {
  const page = await open({ scheme: "dark", ...desk }, "owner");
  await page.goto("/search?q=balloons");
  await page.locator("main a[href^='/m/']").first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(dialog.locator(".pswp img").first()).toBeVisible();
  await take(page, folder, "picture");
  await page.goto("/search?q=night");
  await take(page, folder, "search");
  await page.context().close();
}

async function light(folder: string, open: Open): Promise<void> {
  const page = await open({ scheme: "light", ...desk }, "owner");
  await page.goto("/albums");
  await take(page, folder, "albums");
  await page.goto("/admin/media");
  await take(page, folder, "admin");
  await page.goto("/albums");
  await page
    .getByRole("link", { name: /Across the Alps/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/albums\/[0-9a-f-]{36}/);
  const album = /[0-9a-f-]{36}/.exec(page.url())?.[0] ?? "";
  await page.goto(`/shares/new?album=${album}`);
  await page.getByLabel("For whom").fill("Grandmother");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  await take(page, folder, "share-made");
  const guest = await open({ scheme: "light", ...desk }, "stranger");
  await guest.goto(link);
  await take(guest, folder, "share");
  await guest.context().close();
  await page.goto("/upload");
  await take(page, folder, "upload");
  await page.context().close();
}

/** Waits for every picture in the window to be drawn. */
async function drawn(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect
    .poll(
      () =>
        page.evaluate(() =>
          [...document.images]
            .filter((image) => {
              const box = image.getBoundingClientRect();
              return box.bottom > 0 && box.top < innerHeight && box.width > 0 && image.currentSrc !== "";
            })
            .every((image) => image.complete && image.naturalWidth > 0),
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
}

/** Takes what the window shows when all its pictures are there, as small as it has to be. */
async function take(page: Page, folder: string, name: string): Promise<void> {
  // The room that is kept for a scrollbar would stay an empty strip: there is none in these pictures.
  await page.addStyleTag({ content: "html { scrollbar-gutter: auto !important }" });
  await drawn(page);
  await page.mouse.move(0, 0);
  const shot = await page.screenshot({ animations: "disabled", caret: "hide" });
  for (const quality of [84, 76, 68, 60, 50]) {
    const made = await sharp(shot).webp({ quality, effort: 5 }).toBuffer();
    if (made.byteLength > bytesMax && quality > 50) continue;
    writeFileSync(path.join(folder, `${name}.webp`), made);
    return;
  }
}
