import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, leaveNothingPublic, test, upload } from "./test.ts";
import { withSql } from "./world.ts";

type Read = { names: string[]; bad: string | null; sha: Record<string, string>; manifest: string };

/** Reads an archive back with a program of others. */
async function readBack(zip: string): Promise<Read> {
  const script = `import sys,zipfile,json,hashlib
z=zipfile.ZipFile(sys.argv[1])
names=z.namelist()
print(json.dumps({"names":names,"bad":z.testzip(),"sha":{n:hashlib.sha256(z.read(n)).hexdigest() for n in names},"manifest":z.read("manifest.csv").decode("utf-8-sig")}))`;
  return JSON.parse((await promisify(execFile)("python3", ["-c", script, zip])).stdout);
}

test.afterAll(leaveNothingPublic);

test("all pictures of a share come as one archive, straight from the bucket, also over a line that breaks", async ({
  member,
  browser,
}) => {
  await upload(
    member,
    await Promise.all(
      [0, 1, 2].map((n) => photograph(760 + n, { taken: `2026:03:0${n + 1} 09:30:00`, name: "SAME.jpg" })),
    ),
  );
  const rows = await withSql(
    (sql) => sql`select id, encode(sha256, 'hex') as sha256 from media order by created_at desc limit 3`,
  );
  await member.goto(`/shares/new?ids=${rows.map((row) => row.id).join(",")}`);
  await member.getByLabel("For whom").fill("The club");
  await member.getByLabel("Title").fill("Spring: ../walk?");
  await member.getByLabel("Visitors may download").selectOption("Originals and prepared sizes");
  await member.getByLabel("Downloads at most").fill("1");
  await member.getByRole("button", { name: "Make the link" }).click();
  const link = await member.getByLabel("Link", { exact: true }).inputValue();

  const guest = await (await browser.newContext({ locale: "en-GB" })).newPage();
  // As on plain http: the archive is gathered in memory, and saved when it is whole.
  await guest.addInitScript(() => {
    Reflect.deleteProperty(window, "showSaveFilePicker");
    Reflect.deleteProperty(StorageManager.prototype, "getDirectory");
  });
  const site = new URL(link).origin;
  const fromSite: string[] = [];
  const ranges: string[] = [];
  guest.on("request", (request) => {
    const { range } = request.headers();
    if (range !== undefined) ranges.push(range);
  });
  guest.on("response", (answer) => {
    const type = answer.headers()["content-type"] ?? "";
    if (answer.url().startsWith(site) && /image|zip|octet/.test(type))
      fromSite.push(`${type} ${answer.url()}`);
  });
  await guest.goto(link);
  // The first original breaks off: what had arrived is not asked for again.
  let broken = 0;
  await guest.route(/\/media\/[a-z2-7]+\.jpg\?/, async (route) => {
    if (broken++ > 0) return route.continue();
    const whole = await route.fetch();
    const body = (await whole.body()).subarray(0, 50_000);
    await route.fulfill({
      status: 200,
      headers: { ...whole.headers(), "content-length": String(body.byteLength) },
      body,
    });
  });
  await guest.getByRole("button", { name: "Download all" }).click();
  const dialog = guest.getByRole("dialog", { name: "Download as an archive" });
  await expect(dialog).toContainText(/3 pictures, \d+ kB/);
  await expect(dialog).toContainText("limited number of downloads");
  await accessible(guest);
  const saved = guest.waitForEvent("download");
  await dialog.getByRole("button", { name: "Save…" }).click();
  const file = await saved;
  await expect(dialog).toContainText("3 pictures were saved and checked.");
  expect(file.suggestedFilename()).toBe("Spring .. walk.zip");
  const read = await readBack(await file.path());
  expect(read.bad).toBeNull();
  expect(read.names.sort()).toEqual([
    "2026-03-01 09.30.00.jpg",
    "2026-03-02 09.30.00.jpg",
    "2026-03-03 09.30.00.jpg",
    "manifest.csv",
  ]);
  const known = new Set(rows.map((row) => String(row.sha256)));
  for (const name of read.names.filter((one) => one.endsWith(".jpg"))) {
    expect(known).toContain(read.sha[name]);
    expect(read.manifest).toContain(`${name},,`);
    expect(read.manifest).toContain(read.sha[name]);
  }
  expect(fromSite.filter((one) => !one.includes("/icon") && !one.includes("favicon"))).toEqual([]);
  await dialog.getByRole("button", { name: "Close" }).click();
  await guest.reload();
  await expect(guest.getByRole("main")).toContainText("No downloads are left");
  await guest.context().close();
});

test("an archive is written as it comes where the browser can, and cancelling leaves nothing behind", async ({
  member,
  browser,
}) => {
  await upload(member, [await photograph(770, { taken: "2026:02:01 09:30:00" })]);
  const [row] = await withSql((sql) => sql`select id from media order by created_at desc limit 1`);
  await member.goto(`/shares/new?ids=${row?.id}`);
  await member.getByLabel("For whom").fill("The club");
  await member.getByRole("button", { name: "Make the link" }).click();
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  const guest = await (await browser.newContext({ locale: "en-GB" })).newPage();
  // A program cannot answer the system's dialog; the file behind it is a real one, private to this page.
  await guest.addInitScript(() => {
    Reflect.set(window, "showSaveFilePicker", async ({ suggestedName }: { suggestedName: string }) =>
      (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
    );
  });
  const sizeOf = (): Promise<number> =>
    guest.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      return (await (await folder.getFileHandle("Shared pictures.zip")).getFile()).size;
    });
  await guest.goto(link);
  let hold = true;
  await guest.route(/derived\/[a-z2-7]+\/1280\.jpg\?/, async (route) => {
    if (!hold) await route.continue();
  });
  await guest.getByRole("button", { name: "Download all" }).click();
  const dialog = guest.getByRole("dialog");
  await dialog.getByRole("radio", { name: /JPEG/ }).check();
  await expect(dialog).toContainText("1 picture, about");
  await dialog.getByRole("button", { name: "Save…" }).click();
  await expect(dialog.getByRole("progressbar")).toBeVisible();
  await guest.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toContainText("was cancelled");
  expect(await sizeOf()).toBe(0);
  hold = false;
  await dialog.getByRole("button", { name: "Save…" }).click();
  await expect(dialog).toContainText("1 picture was saved and checked.");
  expect(await sizeOf()).toBeGreaterThan(10_000);

  // As in Firefox and Safari: gathered on the disk, handed over when it is whole, and removed once nobody needs it.
  const other = await guest.context().newPage();
  await other.addInitScript(() => {
    Reflect.deleteProperty(window, "showSaveFilePicker");
    // A window that forgets everything is promised little room.
    Reflect.set(navigator.storage, "estimate", async () => ({ quota: 2 ** 40, usage: 0 }));
  });
  const left = (page: Page): Promise<number[]> =>
    page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("downloads", {
        create: true,
      });
      const sizes: number[] = [];
      for await (const entry of Object.assign(folder).values()) {
        // Removed since it was listed.
        const file = await entry.getFile().catch(() => undefined);
        if (file !== undefined) sizes.push(file.size);
      }
      return sizes;
    });
  await other.goto(link);
  await other.getByRole("button", { name: "Download all" }).click();
  await expect(other.getByRole("dialog")).toContainText(/1 picture, (about )?\d/);
  const saved = other.waitForEvent("download");
  await other.getByRole("button", { name: "Save…" }).click();
  const file = await (await saved).path();
  await expect(other.getByRole("dialog")).toContainText("1 picture was saved and checked.");
  const read = await readBack(file);
  expect([read.bad, read.names.length]).toEqual([null, 2]);
  expect(await left(other)).toEqual([statSync(file).size]);
  await other.close();
  await guest.getByRole("button", { name: "Close" }).click();
  await guest.evaluate(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  const again = guest.getByRole("button", { name: "Download all" });
  await again.click();
  await expect(dialog).toContainText(/1 picture, (about )?\d/);
  // A browser may still be copying what it was handed.
  expect(await left(guest)).toEqual([statSync(file).size]);
  await guest.getByRole("button", { name: "Close" }).click();
  await guest.evaluate(() => {
    const tomorrow = Date.now() + 86_400_000;
    Date.now = () => tomorrow;
  });
  await again.click();
  await expect.poll(() => left(guest)).toEqual([]);
  await guest.context().close();
});
