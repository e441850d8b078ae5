/** What the gallery weighs before anybody moves in it: bytes are the same on every machine. */
import { gzipSync } from "node:zlib";
import { seed } from "./seeded.ts";
import { expect, signedIn, test } from "./test.ts";
import { account, withSql } from "./world.ts";

/** Bytes after gzip: what Next and React weigh in an empty page and 12 kB, and the HTML with its first pictures. */
const scriptsMax = 147_400;
const htmlMax = 8_000;

test("the gallery keeps to its bytes: scripts before anybody moves, and HTML with the first screen of pictures", async ({
  browser,
}) => {
  const who = await account("member");
  await withSql((sql) => seed(sql, who, 1000, { from: "2014-01-10", to: "2024-06-20" }));
  const page = await signedIn(browser, who);
  const html = await (await page.request.get("/")).text();
  expect(html.match(/<img /g)?.length, "pictures of the first screen").toBeGreaterThanOrEqual(10);
  expect(gzipSync(html, { level: 6 }).byteLength, "bytes of HTML").toBeLessThanOrEqual(htmlMax);
  const scripts = [...html.matchAll(/<script([^>]*) src="([^"]+)"([^>]*)>/g)].filter(
    ([, before = "", , after = ""]) => !/nomodule/i.test(before + after),
  );
  expect(scripts.length).toBeGreaterThan(3);
  let bytes = 0;
  for (const [, , path = ""] of scripts)
    bytes += gzipSync(await (await page.request.get(path)).body(), { level: 9 }).byteLength;
  expect(bytes, "bytes of scripts").toBeLessThanOrEqual(scriptsMax);
  await page.context().close();
});
