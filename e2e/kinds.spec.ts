import { randomUUID } from "node:crypto";
import type { Page } from "playwright/test";
import { heic } from "#lib/imaging/heic/fixtures.ts";
import { liveClip, liveStill } from "#lib/imaging/live-fixtures.ts";
import { placeBox, video } from "#lib/imaging/video/fixtures.ts";
import { storePort } from "./ports.ts";
import { accessible, choose, expect, leaveNothingPublic, test, visit } from "./test.ts";
import { withSql } from "./world.ts";

const tiles = "main a[href^='/m/']";

async function bring(page: Page, name: string, mimeType: string, buffer: Buffer): Promise<void> {
  await choose(page, [{ name, mimeType, buffer }]);
  await expect(page.getByRole("main")).toContainText(/1 (picture|file) added/, { timeout: 30_000 });
}

/** Opens the newest thing in the list on a page of its own. */
async function open(page: Page): Promise<string> {
  await page.goto("/");
  const href = await page.locator(tiles).first().getAttribute("href");
  await visit(page, href ?? "");
  return new URL(page.url()).pathname;
}

/** A moving drawing, recorded as a browser records. */
const record = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 320;
    canvas.height = 240;
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: "video/webm;codecs=vp8" });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    const end = performance.now() + 1_500;
    await new Promise<void>((resolve) => {
      const draw = (now: number): void => {
        if (pen !== null) {
          pen.fillStyle = `hsl(${Math.floor(now / 10) % 360} 80% 50%)`;
          pen.fillRect(0, 0, 320, 240);
        }
        if (now > end) resolve();
        else requestAnimationFrame(draw);
      };
      requestAnimationFrame(draw);
    });
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });

const second = (page: Page): Promise<number> =>
  page
    .locator("video")
    .first()
    .evaluate((element: HTMLVideoElement) => element.currentTime);

test.afterAll(leaveNothingPublic);

test("a telephone's HEIC is shown to everybody's browser, and its owner gets it back as it was", async ({
  member,
}) => {
  const original = heic({ grid: { columns: 4, rows: 4 }, turn: 3 });
  await bring(member, "IMG_0001.HEIC", "", original);
  await open(member);
  const image = member.locator("main img").first();
  await expect
    .poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth))
    .toBeGreaterThan(0);
  const download = member.getByRole("link", { name: /Download/ }).first();
  const answer = await member.request.get((await download.getAttribute("href")) ?? "");
  expect(answer.headers()["content-type"]).toBe("image/heic");
  expect(Buffer.from(await answer.body()).equals(original)).toBe(true);
});

test("a video plays straight from the bucket, in pieces, once a person asks for it", async ({ member }) => {
  await member.goto("/upload");
  await bring(member, "drawing.webm", "video/webm", Buffer.from(await record(member)));
  await member.goto("/");
  await expect(member.locator(tiles).first()).toContainText(/0:0[12]/);
  await open(member);
  await expect(member.locator("video")).toHaveCount(0);
  const piece = member.waitForResponse(
    (response) => new URL(response.url()).port === String(storePort) && response.url().includes(".webm"),
  );
  await member.getByRole("button", { name: /^Play the video/ }).press("Enter");
  expect((await piece).status()).toBe(206);
  await expect.poll(() => second(member)).toBeGreaterThan(0);
  await accessible(member);

  // Arrows seek while the player has the focus, and lead on as soon as something else has it.
  const heading = member.getByRole("heading", { level: 1 });
  const name = (await heading.textContent()) ?? "";
  const atEnd = member.getByText("This is the last picture.");
  await expect(member.locator("video")).toBeFocused();
  await member.keyboard.press("ArrowRight");
  await expect(member.locator("video")).toBeFocused();
  await expect(atEnd).toHaveCount(0);
  await member.getByRole("button", { name: "Share" }).focus();
  await member.keyboard.press("ArrowRight");
  await expect
    .poll(async () => (await heading.textContent()) !== name || (await atEnd.count()) > 0)
    .toBe(true);
});

test("where a video was made, nobody but its owner can tell (R-46, A-34)", async ({ member, browser }) => {
  const original = await video({ duration: 3_000, userData: [placeBox("+33.4507+126.5706/")] });
  await bring(member, "IMG_0002.MP4", "video/mp4", original);
  const path = await open(member);
  await expect(member.getByText("33.45", { exact: false })).toBeVisible();
  await member.getByRole("radio", { name: /Everybody/ }).check();
  await expect(member.getByText("Changed.")).toBeVisible();
  const stranger = await (await browser.newContext()).newPage();
  await visit(stranger, path);
  expect(await stranger.content()).not.toContain("33.45");
  await stranger.getByRole("button", { name: /^Play the video/ }).click();
  const address = await stranger.locator("video").getAttribute("src");
  const bytes = Buffer.from(await (await stranger.request.get(address ?? "")).body());
  expect(bytes.length).toBe(original.length);
  expect(bytes.includes("33.4507")).toBe(false);
  await expect.poll(() => second(stranger)).toBeGreaterThan(0);
  await stranger.context().close();
});

test("a still with a moving part moves when its button is pressed", async ({ member }) => {
  const clip = await video({ duration: 2_000 });
  const head = Buffer.alloc(8);
  head.writeUInt32BE(clip.length + 8);
  head.write("mpvd", 4);
  await bring(member, "MVIMG_1.HEIC", "image/heic", Buffer.concat([heic(), head, clip]));
  await open(member);
  await member.getByRole("button", { name: "Play the moving part" }).press("Enter");
  await expect.poll(() => second(member)).toBeGreaterThan(0);
  await expect(member.locator("video")).toHaveCount(0, { timeout: 10_000 });
});

test("the two files of a Live Photo become one picture that moves, and both can be saved", async ({
  member,
}) => {
  const plan = { contentId: randomUUID(), place: "+33.4507+126.5706/" };
  await choose(member, [
    { name: "IMG_9.HEIC", mimeType: "image/heic", buffer: await liveStill(plan) },
    { name: "IMG_9.MOV", mimeType: "video/quicktime", buffer: await liveClip(plan) },
  ]);
  await expect(member.getByRole("main")).toContainText(/2 files added/, { timeout: 60_000 });
  const made = await withSql((sql) => sql`select id from media where filename like 'IMG_9.%'`);
  expect(made).toHaveLength(1);
  await visit(member, `/m/${made[0]?.id}`);
  await member.getByRole("button", { name: "Play the moving part" }).press("Enter");
  await expect.poll(() => second(member)).toBeGreaterThan(0);
  await expect(member.locator("video")).toHaveCount(0, { timeout: 10_000 });
  const clip = member.getByRole("link", { name: "Original of the moving part" });
  const saved = await member.request.get((await clip.getAttribute("href")) ?? "");
  expect(saved.headers()["content-disposition"]).toContain("IMG_9.mov");
  expect((await saved.body()).includes("+33.4507")).toBe(true);
  const full = await member.getByRole("link", { name: "JPEG, full size" }).getAttribute("href");
  const jpeg = await member.request.get(full ?? "", { timeout: 60_000 });
  expect([jpeg.status(), jpeg.headers()["content-type"]]).toEqual([200, "image/jpeg"]);
});
