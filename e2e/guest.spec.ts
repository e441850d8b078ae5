import { photograph } from "./pictures.ts";
import { accessible, expect, fits, leaveNothingPublic, test } from "./test.ts";
import { withSql } from "./world.ts";

test.afterAll(leaveNothingPublic);

test("a guest sends pictures through a link; they appear in the album once its owner has taken them", async ({
  member,
  browser,
}) => {
  // The whole way, from the link to the trash, on a busy machine.
  test.setTimeout(180_000);
  await member.goto("/account");
  const email =
    /member\d+x\d+@example\.com/.exec((await member.getByRole("main").textContent()) ?? "")?.[0] ?? "";
  const [album] = await withSql(
    (sql) =>
      sql`insert into albums (owner_id, title) select id, 'The wedding' from users where email = ${email} returning id`,
  );
  await member.goto(`/shares/new?inbox=${album?.id}`);
  await accessible(member);
  await member.getByLabel("For whom").fill("Aunt Mia");
  await member.getByLabel("Pictures at most").fill("2");
  await member.getByLabel("Password", { exact: true }).fill("let me in");
  await member.getByRole("button", { name: "Make the link" }).click();
  await expect(member).toHaveURL(/\/shares\/[0-9a-f-]{36}$/);
  const manage = member.url();
  await expect(member.getByLabel("Link", { exact: true })).toHaveAccessibleDescription(
    /can send you pictures/,
  );
  const link = await member.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toMatch(/\/guest\/[\w-]{32}$/);

  const guest = await (await browser.newContext({ locale: "en-GB" })).newPage();
  const heard: string[] = [];
  guest.on("response", async (answer) => {
    if (new URL(answer.url()).pathname.startsWith("/guest/")) heard.push(await answer.text().catch(() => ""));
  });
  expect((await guest.goto(link))?.status()).toBe(401);
  await accessible(guest);
  await guest.getByLabel("Your name").fill("Mia");
  await guest.getByLabel("Password").fill("let me in");
  await guest.getByRole("button", { name: "Go on" }).click();
  await expect(guest.getByRole("main")).toContainText("Up to 2 more pictures fit");
  await accessible(guest);
  await fits(guest);
  await expect(guest.getByRole("button", { name: "Choose pictures" })).toBeEnabled();
  await guest
    .locator("input[data-pick=files]")
    .setInputFiles([
      await photograph(780, { name: "cake.jpg" }),
      await photograph(781, { name: "dance.jpg" }),
      await photograph(782, { name: "late.jpg" }),
    ]);
  await expect(guest.getByRole("main")).toContainText("They wait for the person who asked", {
    timeout: 60_000,
  });
  await expect(guest.getByRole("main")).toContainText(/2 pictures added/);
  await expect(guest.getByRole("main")).toContainText("The link takes no more than this");
  // At its limit the link offers nothing that it would refuse, and says whom to ask.
  const atLimit = async (): Promise<void> => {
    await expect(guest.getByRole("main")).toContainText("ask whoever sent you the link to allow more");
    await expect(guest.getByRole("button", { name: /Choose|Try|Retry/ })).toHaveCount(0);
  };
  await atLimit();
  await accessible(guest);
  await guest.reload();
  await atLimit();
  await expect(guest.getByRole("main")).toContainText("2 still wait to be looked at");
  const waiting = await withSql((sql) => sql`select media_id from arrivals`);
  expect(waiting).toHaveLength(2);
  for (const secret of [email, "The wedding", "Aunt Mia", ...waiting.map((row) => String(row.media_id))])
    expect(heard.join("\n"), secret).not.toContain(secret);

  // Nothing of it is anywhere before it was looked at.
  const shown = (path: string): Promise<string> =>
    member.goto(path).then(async (answer) => (await answer?.text()) ?? "");
  for (const path of ["/", "/trash"])
    for (const row of waiting) expect(await shown(path)).not.toContain(String(row.media_id));
  const other = await (await browser.newContext({ locale: "en-GB" })).newPage();
  expect((await other.request.get(`${link}/uploads`)).status()).toBe(401);
  await other.context().close();

  await member.goto(manage);
  await member.getByRole("link", { name: "Look at what waits (2)" }).click();
  await expect(member.getByRole("main")).toContainText("From Mia");
  await accessible(member);
  await fits(member);
  await member.getByRole("checkbox", { name: /dance\.jpg/ }).uncheck();
  await member.getByRole("button", { name: "Take the ticked" }).click();
  await expect(member.getByRole("main")).toContainText("1 picture was taken.");
  await member.getByRole("button", { name: "Throw the ticked away" }).click();
  await expect(member.getByRole("main")).toContainText("1 picture is in the trash.");
  await expect(member.getByRole("main")).toContainText("Nothing waits here");
  const after = await withSql(
    (sql) => sql`select m.filename, m.visibility, m.deleted_at is not null as trashed,
      exists (select from album_media a where a.media_id = m.id and a.album_id = ${album?.id ?? ""}) as shown
      from media m join users u on u.id = m.owner_id where u.email = ${email} order by m.filename`,
  );
  expect(after.map((row) => [row.filename, row.visibility, row.trashed, row.shown])).toEqual([
    ["cake.jpg", "private", false, true],
    ["dance.jpg", "private", true, false],
  ]);
  await member.goto("/trash");
  await expect(member.getByRole("main")).toContainText("dance.jpg");

  await member.goto(manage);
  await member.getByRole("button", { name: "Withdraw the link" }).click();
  await expect(member.getByRole("main")).toContainText("Withdrawn");
  expect((await guest.goto(link))?.status()).toBe(410);
  expect((await guest.request.get(`${link}/uploads`)).status()).toBe(410);
  await guest.context().close();
});
