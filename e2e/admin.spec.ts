import { picture, sha256 } from "#lib/uploads/testing.ts";
import { fateOf, permitFor, person, send, withStorage } from "./attacks.ts";
import { photograph } from "./pictures.ts";
import { port } from "./ports.ts";
import { accessible, choose, expect, leaveNothingPublic, signedIn, test, upload, visit } from "./test.ts";
import { account, withSql } from "./world.ts";

// One of these is public for a moment: old, so that it is nobody else's first picture.
test.afterAll(leaveNothingPublic);

test("an administrator finds everybody's pictures, changes them, throws them away and takes them back", async ({
  member,
  admin,
}) => {
  const name = `find-me-${Date.now()}`;
  await upload(member, [
    await photograph(40, { name: `${name}-a.jpg`, taken: "2001:01:01 10:00:00" }),
    await photograph(41, { name: `${name}-b.jpg`, taken: "2001:01:01 10:00:00" }),
  ]);
  await visit(admin, "/admin/media");
  await admin.getByLabel("Title or file name").fill(name);
  await admin.getByRole("button", { name: "Show" }).click();
  const rows = admin.getByRole("row").filter({ hasText: name });
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("Private");
  await accessible(admin);

  await admin.getByLabel("Select all on this page").check();
  await admin.getByRole("button", { name: "Move to the trash" }).click();
  await expect(admin.getByText("2 pictures moved to the trash.")).toBeVisible();
  await expect(rows).toHaveCount(0);
  await accessible(admin);
  await admin.getByRole("button", { name: "Undo" }).click();
  await expect(rows).toHaveCount(2);

  await rows.first().getByRole("checkbox").check();
  await admin.getByRole("button", { name: "Make public" }).click();
  await expect(rows.first()).toContainText("Public");
  await rows.first().getByRole("checkbox").check();
  await admin.getByRole("button", { name: "Make private" }).click();
  await expect(rows.first()).toContainText("Private");
});

test("pictures that are processed again get new renditions, and are seen meanwhile", async ({
  member,
  admin,
}) => {
  const name = `again-${Date.now()}`;
  await upload(member, [await photograph(43, { name: `${name}.jpg`, taken: "2001:01:02 10:00:00" })]);
  const folder = () =>
    withSql(async (sql) => {
      const [row] = await sql`select rendition_folder from media where filename = ${`${name}.jpg`}`;
      return String(row?.rendition_folder);
    });
  const before = await folder();
  await visit(admin, `/admin/media?text=${name}`);
  const row = admin.getByRole("row").filter({ hasText: name });
  await row.getByRole("checkbox").check();
  await admin.getByRole("button", { name: "Process again" }).click();
  await expect(admin.getByText("1 picture will be processed again.")).toBeVisible();
  await expect.poll(folder, { timeout: 30_000 }).not.toBe(before);
  await visit(admin, `/admin/media?text=${name}`);
  await expect
    .poll(() => row.locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth))
    .toBeGreaterThan(0);
});

test("the ledger tells what became of every upload", async ({ member, admin }) => {
  const name = `broken-${Date.now()}.jpg`;
  const drawn = await photograph(42);
  await member.goto("/upload");
  await choose(member, [
    { name, mimeType: "image/jpeg", buffer: drawn.buffer.subarray(0, drawn.buffer.byteLength >> 1) },
  ]);
  await expect(member.getByRole("main")).toContainText("damaged", { timeout: 30_000 });
  await visit(admin, "/admin/uploads");
  await expect(admin.getByRole("main")).toContainText(name);
  await expect(admin.getByRole("main")).toContainText("damaged");
});

test("what was given up, though its bytes are still there, is tried again one by one or all at once (F-11)", async ({
  admin,
}) => {
  const sender = await person("member");
  const permits = await Promise.all(
    [1, 2, 3].map(async () => {
      const bytes = await picture();
      const permit = await permitFor(sender.as, bytes, {
        filename: `given-up-${sha256(bytes).slice(0, 8)}.jpg`,
      });
      expect((await send(permit, bytes)).status).toBe(201);
      return permit;
    }),
  );
  // As a machine that is short of memory for hours leaves them.
  await withSql(
    (
      sql,
    ) => sql`with given_up as (update uploads set state = 'rejected', reject_code = 'internal', attempts = 3
        where owner_id = ${sender.id} returning bytes)
      update quotas set reserved_bytes = reserved_bytes - (select sum(bytes) from given_up)
      where owner_id = ${sender.id}`,
  );
  await withSql(
    (sql) => sql`insert into purges (key, reason, not_before)
      select staging_key, 'staging', now() + interval '1 day' from uploads where owner_id = ${sender.id}`,
  );
  await visit(admin, `/admin/uploads?owner=${sender.id}`);
  const rows = admin.getByRole("row").filter({ hasText: "given-up-" });
  await expect(rows).toHaveCount(3);
  await accessible(admin);
  const first = rows.first().getByRole("button", { name: /^Try given-up-.* again$/ });
  await first.click();
  await expect(admin.getByRole("button", { name: /^Try given-up-/ })).toHaveCount(2);
  // The bytes of one go while the page is open.
  const gone = await withSql(
    (sql) =>
      sql`select id, staging_key from uploads where owner_id = ${sender.id} and reject_code = 'internal' limit 1`,
  );
  await withStorage((storage) => storage.delete(String(gone[0]?.staging_key)));
  await admin.getByRole("button", { name: "Try the 2 that were given up again" }).click();
  await expect(admin.getByRole("status").filter({ hasText: "no longer there" })).toHaveText(
    /^1 picture is being verified once more. 1 picture could not be tried again/,
  );
  await withSql(
    (sql) =>
      sql`update purges set done_at = now() where key = ${String(gone[0]?.staging_key)} and done_at is null`,
  );
  await admin.reload();
  await expect(rows).toHaveCount(3);
  await expect(admin.getByRole("button", { name: /^Try / })).toHaveCount(0);
  for (const { id } of permits)
    expect(await fateOf(sender.as, id)).toBe(id === gone[0]?.id ? "internal" : "ready");
  await sender.as.dispose();
});

test("a member is told no, a stranger is asked to sign in", async ({ member, page, browser }) => {
  for (const path of ["/admin/media", "/admin/uploads", "/admin/users"]) {
    const answer = await member.goto(path);
    expect(answer?.status(), path).toBe(403);
    await accessible(member);
    await page.goto(path);
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await accessible(page);
  }
  const viewer = await signedIn(browser, await account("viewer"));
  await visit(viewer, "/upload");
  await expect(viewer.getByRole("main")).toContainText("may look, not upload");
  await viewer.context().close();
});

test("an invitation makes an account of its role, once", async ({ admin, browser }) => {
  await visit(admin, "/admin/users");
  await admin.getByRole("button", { name: "Create link" }).click();
  const link = await admin.getByLabel("Link to pass on").inputValue();
  await accessible(admin);
  const guest = await (await browser.newContext()).newPage();
  await visit(guest, new URL(link, `http://localhost:${port}`).pathname);
  await guest.getByLabel("Name").fill("Gus Guest");
  await guest.getByLabel("E-mail").fill(`gus${Date.now()}@example.com`);
  await guest.getByLabel("Password", { exact: true }).fill("another long password");
  await guest.keyboard.press("Enter");
  await expect(guest).not.toHaveURL(/invite/);
  await visit(guest, "/account");
  await guest.goto(new URL(link, `http://localhost:${port}`).pathname);
  await expect(guest.getByRole("main")).toContainText("This link has been used");
  await guest.context().close();
});
