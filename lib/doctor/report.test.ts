/** What a person reads: calm lines, nothing told twice, nothing a store says moves the cursor; and a manual that is whole. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { words } from "../words.ts";
import { browserProbeIds, type Finding, probeIds } from "./finding.ts";
import { findingText, summary } from "./report.ts";

const look = { colour: false, columns: 80 };
const w = words("doctor");

test("a fault is its sign, what it proves, what was found, and a change that can be copied as it stands", () => {
  const long = `aws s3api put-bucket-cors --cors-configuration '${"x".repeat(200)}'`;
  const finding: Finding = {
    id: "cors",
    subject: "https://photos.example.com",
    verdict: "fail",
    found: "The store says: \u001b[31mred\u001b[0m.",
    change: { say: "Set the rule:", run: `tintype storage cors apply\n${long}` },
  };
  const text = findingText(finding, look);
  assert.match(text, /^✗ Pages may upload to the bucket \(https:\/\/photos\.example\.com\)\n/);
  assert.match(text, /\n {4}→ Set the rule:\n {8}tintype storage cors apply\n/);
  assert.ok(text.split("\n").includes(`        ${long}`));
  assert.doesNotMatch(text, new RegExp(String.fromCharCode(27)));
  const again = findingText({ ...finding, id: "put" }, look, [finding]);
  assert.match(again, /→ The same as for “Pages may upload to the bucket”/);
  assert.doesNotMatch(again, /cors apply/);
});

test("the summary counts what was examined and says where to begin", () => {
  const finding = (id: Finding["id"], verdict: Finding["verdict"], because?: Finding["id"]): Finding => ({
    id,
    verdict,
    found: "",
    ...(because === undefined ? {} : { because }),
  });
  assert.equal(
    summary([finding("reach", "ok"), finding("cdn", "skipped")]),
    "1 of 1 probe is well, 1 does not apply here.",
  );
  assert.equal(
    summary([finding("reach", "ok"), finding("bucket", "fail"), finding("post", "skipped", "bucket")]),
    "1 of 2 probes are well, 1 fault to mend, 1 not examined because of it. Start with “The bucket is there”.",
  );
});

test("the manual names every probe and what it proves", async () => {
  const manual = await readFile(path.join(import.meta.dirname, "..", "..", "docs", "doctor.md"), "utf8");
  for (const id of [...probeIds, ...browserProbeIds])
    assert.ok(manual.includes(`| ${w(`probes.${id}.title`)} | ${w(`probes.${id}.proves`)} |`), id);
});
