import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, test, upload } from "./test.ts";
import { withSql } from "./world.ts";

test.setTimeout(150_000);
test.afterAll(leaveNothingPublic);

/** What an archive holds, read back by a program of others: each file's checksum by its name. */
async function readBack(zip: string): Promise<Record<string, string>> {
  const script = `import sys,zipfile,json,hashlib
z=zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({n:hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist()}))`;
  return JSON.parse((await promisify(execFile)("python3", ["-c", script, zip])).stdout);
}

let seed = 1_400;
/** Pictures of the member's that are called by their numbers; their ids and checksums in that order. */
async function pictures(member: Page, count: number): Promise<{ id: string; sha256: string }[]> {
  const first = seed;
  seed += count;
  // A new worker begins to count anew; what the last one made is still there.
  const mark = `of-share-${process.pid}-${first}`;
  await upload(
    member,
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        photograph(first + n, { name: `${mark}-${n}.jpg`, taken: `2026:06:0${n + 1} 09:00:00` }),
      ),
    ),
  );
  return withSql(async (sql) => {
    const rows = await sql`update media set title = 'Picture ' || substring(filename from '-([0-9]+)\\.jpg$')
      where filename like ${`${mark}-%`} returning id, encode(sha256, 'hex') as sha256, filename`;
    return rows
      .map((row) => ({ id: String(row.id), sha256: String(row.sha256), name: String(row.filename) }))
      .sort((one, other) => one.name.localeCompare(other.name));
  });
}

/** An album of who owns the pictures, with these in it. */
const album = (title: string, parent: string | null, ids: string[]): Promise<string> =>
  withSql(async (sql) => {
    const [row] = await sql`insert into albums (owner_id, title, parent_id)
      select owner_id, ${title}, ${parent}::uuid from media where id = ${ids[0] ?? ""} returning id`;
    const id = String(row?.id);
    await sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${id}::uuid, id, row_number() over (order by taken_at), row_number() over (order by taken_at), taken_at,
        title, visibility, true from media where id = any(${ids}::uuid[])`;
    return id;
  });

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

test("a shared album is walked with the albums in it, picture by picture, and saved with them as folders", async ({
  member,
  browser,
}) => {
  const [one, two, three] = await pictures(member, 3);
  if (one === undefined || two === undefined || three === undefined)
    throw new Error("Expected three pictures.");
  const root = await album("A week in Jeju", null, [one.id]);
  const day = await album("The second day", root, [two.id, three.id]);
  await member.goto(`/shares/new?album=${root}`);
  await member.getByLabel("For whom").fill("Grandmother");
  await member.getByRole("checkbox", { name: "The albums in this album too" }).check();
  await member.getByLabel("Visitors may download").selectOption("Originals and prepared sizes");
  await accessible(member);
  await member.getByRole("button", { name: "Make the link" }).click();
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  await expect(member.getByRole("checkbox", { name: "The albums in this album too" })).toBeChecked();

  const guest = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await guest.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await guest.goto(link);
  await expect(heading(guest, "A week in Jeju")).toBeVisible();
  expect(await guest.content()).not.toContain(day);
  await accessible(guest);
  await guest.getByRole("link", { name: /The second day/ }).click();
  await expect(heading(guest, "The second day")).toBeVisible();
  await expect(guest.getByRole("list", { name: "Shared pictures" }).getByRole("link")).toHaveCount(2);
  await accessible(guest);
  await fits(guest);
  const inside = guest.url();

  // A picture is walked to and from in its own album, and leads back there.
  await guest.getByRole("link", { name: "Picture 1", exact: true }).click();
  await expect(heading(guest, "Picture 1")).toBeVisible();
  const next = await guest.getByRole("link", { name: "Next picture" }).getAttribute("href");
  await guest.getByRole("link", { name: "Next picture" }).click();
  await expect(heading(guest, "Picture 2")).toBeVisible();
  await expect(guest.getByRole("link", { name: "Next picture" })).toHaveCount(0);
  // The address follows when one has come to rest.
  await expect(guest).toHaveURL(new URL(next ?? "", link).href);
  await guest.reload();
  await expect(heading(guest, "Picture 2")).toBeVisible();
  await guest.getByRole("link", { name: /^Back/ }).click();
  await expect(guest).toHaveURL(inside);

  await guest.getByRole("navigation", { name: "Albums above" }).getByRole("link").click();
  await expect(guest).toHaveURL(link);
  await guest.getByRole("button", { name: "Download all" }).click();
  const dialog = guest.getByRole("dialog", { name: "Download as an archive" });
  await expect(dialog).toContainText(/3 pictures, \d+ kB/);
  const saved = guest.waitForEvent("download");
  await dialog.getByRole("button", { name: "Save…" }).click();
  const file = await saved;
  await expect(dialog).toContainText("3 pictures were saved and checked.");
  expect(file.suggestedFilename()).toBe("A week in Jeju.zip");
  const { "manifest.csv": _, ...files } = await readBack(await file.path());
  expect(files).toEqual({
    "Picture 0.jpg": one.sha256,
    "The second day/Picture 1.jpg": two.sha256,
    "The second day/Picture 2.jpg": three.sha256,
  });
  await dialog.getByRole("button", { name: "Close" }).click();

  // A tab that has been open since then is told at its next question (R-63 renews nothing that was withdrawn).
  await guest.goto(inside);
  await guest.getByRole("link", { name: "Picture 1", exact: true }).click();
  await expect(guest.locator(".pswp img").first()).toBeVisible();
  await withSql((sql) => sql`update shares set revoked_at = now() where album_id = ${root}`);
  await guest.getByRole("link", { name: "Next picture" }).click();
  await expect(heading(guest, "This link was withdrawn")).toBeVisible();
  await guest.context().close();
});

test("without JavaScript an album in a shared one and its pictures are plain pages", async ({
  member,
  browser,
}) => {
  const [one, two] = await pictures(member, 2);
  if (one === undefined || two === undefined) throw new Error("Expected two pictures.");
  const root = await album("The reunion", null, [one.id]);
  await album("The dance", root, [two.id]);
  await member.goto(`/shares/new?album=${root}`);
  await member.getByLabel("For whom").fill("Cousins");
  await member.getByRole("checkbox", { name: "The albums in this album too" }).check();
  await member.getByRole("button", { name: "Make the link" }).click();
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  const plain = await (await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" })).newPage();
  await plain.goto(link);
  await plain.getByRole("link", { name: /The dance/ }).click();
  await plain.getByRole("link", { name: "Picture 1", exact: true }).click();
  await expect(heading(plain, "Picture 1")).toBeVisible();
  await expect(plain.getByRole("link", { name: /^JPEG/ })).toBeVisible();
  await plain.getByRole("link", { name: /^Back/ }).click();
  await expect(heading(plain, "The dance")).toBeVisible();

  // Withdrawn from the albums in it, the link leads to its own album alone.
  await withSql((sql) => sql`update shares set with_albums = false where album_id = ${root}`);
  expect((await plain.reload())?.status()).toBe(404);
  await plain.goto(link);
  await expect(plain.getByRole("link", { name: /The dance/ })).toHaveCount(0);
  await plain.context().close();
});

test("what is chosen in the gallery is saved and shared from the bar of the selection", async ({
  member,
  browser,
}) => {
  const [one, two] = await pictures(member, 3);
  if (one === undefined || two === undefined) throw new Error("Expected pictures.");
  await member.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  const root = await album("To choose from", null, [one.id, two.id]);
  await member.goto(`/albums/${root}`);
  const tiles = member.locator("main a[href^='/m/']");
  await expect(tiles).toHaveCount(2);
  const bar = member.getByRole("region", { name: "Selected pictures" });
  const boxes = member.locator("main .tile > input.choose");
  await tiles.first().hover();
  await boxes.first().check();
  await boxes.nth(1).check();
  await expect(bar).toContainText("2 selected");
  await bar.getByRole("button", { name: "Download" }).click();
  const dialog = member.getByRole("dialog", { name: "Download as an archive" });
  await expect(dialog).toContainText(/2 pictures, \d+ kB/);
  await accessible(member);
  const saved = member.waitForEvent("download");
  await dialog.getByRole("button", { name: "Save…" }).click();
  const file = await saved;
  await expect(dialog).toContainText("2 pictures were saved and checked.");
  const { "manifest.csv": _, ...files } = await readBack(await file.path());
  expect(Object.values(files).sort()).toEqual([one.sha256, two.sha256].sort());
  await dialog.getByRole("button", { name: "Close" }).click();

  await bar.getByRole("button", { name: "Share" }).click();
  await expect(member.getByRole("main")).toContainText("2 chosen pictures");
  await member.getByLabel("For whom").fill("The club");
  await member.getByRole("button", { name: "Make the link" }).click();
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  const guest = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await guest.goto(link);
  await expect(guest.getByRole("list", { name: "Shared pictures" }).getByRole("link")).toHaveCount(2);
  await guest.context().close();
});
