/** The pictures of the README: `SCREENSHOTS=docs npm run e2e -- screens` makes them anew. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { photograph } from "./pictures.ts";
import { expect, signedIn, test, upload } from "./test.ts";
import { account } from "./world.ts";

const folder = process.env.SCREENSHOTS ?? "test-results";
const shapes = [
  [1600, 1067],
  [1067, 1600],
  [1600, 1200],
  [1600, 900],
  [1200, 1200],
  [2400, 800],
] as const;

test("a gallery of landscapes looks as it should", async ({ browser }) => {
  const page = await signedIn(browser, await account("member"), {
    viewport: { width: 1280, height: 800 },
    colorScheme: "dark",
  });
  const pictures = await Promise.all(
    Array.from({ length: 18 }, (_, n) => {
      const [width, height] = shapes[(n * 5) % shapes.length] ?? [1600, 1067];
      const day = String(28 - n).padStart(2, "0");
      return photograph(500 + n * 3, {
        width,
        height,
        taken: `2026:06:${day} 18:20:00`,
        name: `Ridge_${n}.jpg`,
      });
    }),
  );
  await upload(page, pictures);
  await page.goto("/");
  await expect
    .poll(() =>
      page
        .locator("main a[href^='/m/'] img")
        .evaluateAll((all) => all.slice(0, 12).every((img) => (img as HTMLImageElement).naturalWidth > 0)),
    )
    .toBe(true);
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, "gallery.png") });
  await page.locator("main a[href^='/m/']").first().click();
  const shown = page.getByRole("dialog").locator("img").first();
  await expect
    .poll(() => shown.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 600))
    .toBe(true);
  await page.screenshot({ path: path.join(folder, "picture.png") });
  await page.context().close();
});
