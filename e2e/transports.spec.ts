/** The three ways of bytes into the bucket: the same pictures, the same page, the same outcome. */
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page, Request } from "playwright/test";
import { type Drawn, large, photograph } from "./pictures.ts";
import { secondPorts } from "./ports.ts";
import { startSecond } from "./second.ts";
import { choose, expect, leaveNothingPublic, test, upload, visit } from "./test.ts";
import { main, type Place } from "./world.ts";

const tiles = "main a[href^='/m/']";
const mebibyte = 1024 * 1024;

/** A store that takes no forms, and a threshold that a test can reach. */
const second: Place = {
  data: path.join(tmpdir(), `tintype-e2e-second-${process.pid}`),
  ...secondPorts,
};

type Traffic = {
  forms: number;
  puts: URL[];
  /** Bytes in the bodies of what was sent: to the site, the largest of them; to the store, all together. */
  toSite(): Promise<number>;
  toStore(): Promise<number>;
};

/** What a page sends from now on. */
function watch(page: Page, place: Place): Traffic {
  const puts: URL[] = [];
  const toSite: Promise<number>[] = [];
  const toStore: Promise<number>[] = [];
  const traffic = {
    forms: 0,
    puts,
    toSite: async () => Math.max(0, ...(await Promise.all(toSite))),
    toStore: async () => (await Promise.all(toStore)).reduce((sum, bytes) => sum + bytes, 0),
  };
  const isStore = (request: Request): boolean =>
    new URL(request.url()).host === `localhost:${place.storePort}`;
  page.on("request", (request) => {
    if (!isStore(request)) return;
    if (request.method() === "POST") traffic.forms += 1;
    if (request.method() === "PUT") puts.push(new URL(request.url()));
  });
  page.on("requestfinished", (request) => {
    // As the browser sent it; the body of a blob is not shown to a test.
    const bytes = request.allHeaders().then((headers) => Number(headers["content-length"] ?? 0));
    (isStore(request) ? toStore : toSite).push(bytes);
  });
  return traffic;
}

const numbersOf = ({ puts }: Traffic): number[] =>
  puts.map((url) => Number(url.searchParams.get("partNumber"))).sort((a, b) => a - b);

/** From the selection to the gallery, where the picture is shown from the store. */
async function flow(page: Page, place: Place, drawn: Drawn): Promise<Traffic> {
  const traffic = watch(page, place);
  await upload(page, [drawn]);
  // No request to the web origin carries picture bytes: not the picture's, not even half of them.
  expect(await traffic.toSite()).toBeLessThan(16_384);
  expect(await traffic.toStore()).toBeGreaterThanOrEqual(drawn.buffer.length);
  await visit(page, "/");
  const image = page.locator(`${tiles} img`).first();
  await expect(image).toBeVisible();
  await expect
    .poll(() => image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0))
    .toBe(true);
  const { host } = new URL(await image.evaluate((img: HTMLImageElement) => img.currentSrc));
  expect(host).toBe(`localhost:${place.storePort}`);
  return traffic;
}

test.afterAll(leaveNothingPublic);

test("a picture goes from the browser into the bucket as a form, is verified, and is seen in the gallery", async ({
  member,
}) => {
  const traffic = await flow(member, main(), await photograph(1));
  expect([traffic.forms, traffic.puts.length]).toEqual([1, 0]);
});

test.describe("with a store that takes no forms", () => {
  test.use({ place: second, baseURL: `http://localhost:${second.port}` });
  let stop: (() => Promise<void>) | undefined;
  test.beforeAll(async () => {
    test.setTimeout(120_000);
    stop = await startSecond(second, {
      TINTYPE_STORE_REFUSE_POST: "true",
      S3_MULTIPART_THRESHOLD: String(5 * mebibyte),
    });
  });
  test.afterAll(() => stop?.());

  test("a picture goes by PUT, is verified, and is seen in the gallery", async ({ member }) => {
    const traffic = await flow(member, second, await photograph(31));
    expect([traffic.forms, traffic.puts.length]).toEqual([0, 1]);
  });

  test("a large picture goes in parts, is verified, and is seen in the gallery", async ({ member }) => {
    const traffic = await flow(member, second, await large("Noise_1.png"));
    expect([traffic.forms, numbersOf(traffic)]).toEqual([0, [1, 2, 3]]);
  });

  /** Lets the first part through and holds the others, until it is in the bucket. */
  async function firstPartOnly(page: Page, drawn: Drawn): Promise<void> {
    await page.route(`http://localhost:${second.storePort}/**`, (route) => {
      const { searchParams } = new URL(route.request().url());
      if (searchParams.get("partNumber") === "1") return route.continue();
    });
    const first = page.waitForResponse(
      (response) => response.url().includes("partNumber=1&") && response.ok(),
    );
    const others = page.waitForRequest((request) => request.url().includes("partNumber=3&"));
    await choose(page, [drawn]);
    await Promise.all([first, others]);
  }

  test("after a reload and the same file chosen again, only the missing parts travel", async ({ member }) => {
    const drawn = await large("Noise_2.png");
    await member.goto("/upload");
    await firstPartOnly(member, drawn);
    member.on("dialog", (dialog) => void dialog.accept());
    await member.reload();
    // Not before: what is held would be let through.
    await member.unrouteAll({ behavior: "ignoreErrors" });
    await expect(member.getByRole("main")).toContainText("Noise_2.png");
    const traffic = watch(member, second);
    await upload(member, [drawn]);
    expect(numbersOf(traffic)).toEqual([2, 3]);
  });

  test("after the connection was cut, only the missing parts travel", async ({ member }) => {
    const drawn = await large("Noise_3.png");
    await member.goto("/upload");
    await firstPartOnly(member, drawn);
    await member.context().setOffline(true);
    await expect(member.getByRole("main")).toContainText("No network");
    await member.unrouteAll({ behavior: "ignoreErrors" });
    const traffic = watch(member, second);
    await member.context().setOffline(false);
    await expect(member.getByRole("main")).toContainText("1 picture added", { timeout: 60_000 });
    expect(numbersOf(traffic)).toEqual([2, 3]);
  });
});
