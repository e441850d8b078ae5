/** docs/settings.md says what there is, and says it as it is. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { variableNames } from "#lib/env.ts";

const project = path.join(import.meta.dirname, "..");
const page = readFileSync(path.join(project, "docs", "settings.md"), "utf8");
const [settingsPart = "", parityPart = ""] = page.split("## Coming from django-storages");
const rows = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| ") || line.startsWith("|  "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));

/** Every option of `S3Storage.get_default_settings()`, and what its documentation adds. */
const options =
  "access_key secret_key security_token session_profile bucket_name object_parameters default_acl querystring_auth querystring_expire max_memory_size url_protocol file_overwrite location gzip gzip_content_types region_name use_ssl verify endpoint_url addressing_style proxies transfer_config use_threads custom_domain cloudfront_key cloudfront_key_id cloudfront_signer signature_version client_config file_name_charset AWS_S3_FILE_BUFFER_SIZE config S3StaticStorage S3ManifestStaticStorage".split(
    " ",
  );

test("docs/settings.md explains every setting once, and no other", () => {
  const named = rows(settingsPart)
    .map(([name = ""]) => /^`([A-Z0-9_]+)`$/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  assert.deepEqual(named.sort(), [...variableNames, "TINTYPE_BUILD"].sort());
});

test("docs/settings.md and .env.example name the same defaults", () => {
  const example = readFileSync(path.join(project, ".env.example"), "utf8");
  // What stands behind these in .env.example is an example.
  const examples = new Set(["TRUSTED_PROXIES", "DATABASE_URL", "TINTYPE_STORE_HOST"]);
  for (const [, name = "", value] of example.matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)) {
    if (examples.has(name)) continue;
    const told = rows(settingsPart).find(([first]) => first === `\`${name}\``)?.[1];
    const code = /^`(.*)`$/.exec(told ?? "")?.[1] ?? "";
    assert.equal(code, value, name);
  }
});

test("every option of django-storages has its row: kept and proved, or left out with a reason (§4.1)", () => {
  const table = rows(parityPart).filter(([first]) => /`/.test(first ?? ""));
  for (const option of options)
    assert.ok(
      table.some(([first = ""]) => first.includes(`\`${option}\``)),
      option,
    );
  for (const [option = "", ours = "", kept = "", why = "", proof = ""] of table) {
    assert.match(kept, /^(yes|no|partly)$/, option);
    assert.ok(why.length > 12, `${option} says nothing`);
    if (kept === "no") continue;
    assert.notEqual(ours, "", option);
    const files = [...proof.matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? "");
    assert.ok(files.length > 0, `${option} is not proved`);
    for (const file of files) assert.ok(existsSync(path.join(project, file)), `${option}: ${file}`);
    for (const [, name = ""] of ours.matchAll(/`([A-Z0-9_]+)`/g))
      assert.ok(
        variableNames.includes(name) || /^(AWS_PROFILE|NODE_EXTRA_CA_CERTS|(HTTPS?|NO)_PROXY)$/.test(name),
        `${option}: ${name} is not a setting`,
      );
  }
});
