import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { secondPorts } from "./ports.ts";
import { type Open, takeScreens } from "./screens.ts";
import { accessible, expect, fits, leaveNothingPublic, test } from "./test.ts";
import { environmentOf, main, owner, tintype, withSql } from "./world.ts";

const place = { ...secondPorts, data: `${main().data}-sample` };
const origin = `http://localhost:${place.port}`;

/** Starts a fresh Tintype as somebody does who wants to have a look; answers its set-up link and how to stop it. */
async function startWithSamples(): Promise<{ link: string; stop: () => Promise<void> }> {
  rmSync(place.data, { recursive: true, force: true });
  mkdirSync(place.data, { recursive: true });
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "..", "bin", "tintype.mjs"), "start", "--sample"],
    { stdio: ["ignore", "pipe", "inherit"], env: environmentOf(place) },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const link = (): string | undefined => /https?:\/\/\S+\/setup\?token=\S+/.exec(said)?.[0];
  await expect.poll(link, { timeout: 60_000 }).toBeDefined();
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    rmSync(place.data, { recursive: true, force: true });
  };
  return { link: link() ?? "", stop };
}

/** How many are still to come. */
const samplesLeft = (): Promise<number> =>
  withSql(async (sql) => {
    const [row] = await sql`select count(*)::int as left from samples where media_id is null`;
    return Number(row?.left);
  }, place);

test.afterAll(leaveNothingPublic);

test("samples fill a new gallery once it has an owner, and go with one click", async ({ browser }) => {
  test.setTimeout(180_000);
  const { link, stop } = await startWithSamples();
  const page = await (await browser.newContext({ baseURL: origin })).newPage();
  try {
    await page.goto(link);
    await page.getByLabel("Name").fill(owner.name);
    await page.getByLabel("E-mail").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.keyboard.press("Enter");
    await expect(page).not.toHaveURL(/setup/);
    const pictures = page.locator("main a[href^='/m/'] img");
    // The page fills while one looks at it, and counts down what is still to come.
    await page.goto("/");
    const toCome = async (): Promise<number> =>
      Number(/(\d+)[^.]*coming in/.exec((await page.getByRole("main").textContent()) ?? "")?.[1] ?? 60);
    await expect(page.getByText("These are sample pictures.")).toBeVisible({ timeout: 120_000 });
    await expect.poll(() => pictures.count(), { timeout: 120_000 }).toBeGreaterThan(8);
    await expect.poll(toCome, { timeout: 60_000 }).toBeLessThan(52);
    await accessible(page);

    const visitor = await (await browser.newContext({ baseURL: origin })).newPage();
    await expect(async () => {
      await visitor.goto("/");
      await expect(visitor.locator("main a[href^='/m/']").first()).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await expect(visitor.getByText("These are sample pictures.")).toHaveCount(0);
    await visitor.context().close();

    const folder = process.env.SCREENSHOTS;
    if (folder !== undefined) {
      test.setTimeout(900_000);
      await expect.poll(samplesLeft, { timeout: 400_000 }).toBe(0);
      const cookies = await page.context().cookies();
      const open: Open = async (look, who) => {
        const context = await browser.newContext({
          baseURL: origin,
          colorScheme: look.scheme,
          viewport: { width: look.width, height: look.height },
          reducedMotion: "reduce",
          ...(look.phone ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
        });
        if (who === "owner") await context.addCookies(cookies);
        return context.newPage();
      };
      await takeScreens(folder, open);
    }

    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByText("Remove them", { exact: true }).click();
    await fits(page);
    await accessible(page);
    await page.getByRole("button", { name: "Yes, remove them all" }).click();
    await expect(page.getByText("These are sample pictures.")).toHaveCount(0);
    await expect(pictures).toHaveCount(0);
    await expect(tintype(["sample", "remove"], undefined, place)).rejects.toThrow(/no sample pictures/);
  } finally {
    await page.context().close();
    await stop();
  }
});
