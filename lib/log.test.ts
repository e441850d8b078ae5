import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";
import { withoutSignatures } from "./log.ts";

/** What a process writes when it logs these fields: the real logger, the real stream. */
function logged(fields: string): string {
  const script = `
    const { log } = await import(${JSON.stringify(path.join(import.meta.dirname, "log.ts"))});
    log("test").error(${fields}, "message");`;
  const { stderr, stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: { ...process.env, LOG_LEVEL: "info" },
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "");
  return stderr;
}

describe("the log (R-68, A-55)", () => {
  it("keeps a URL's path and loses its signature", () => {
    const url = "GET http://s3/b/k.jpg?X-Amz-Credential=AKIA&X-Amz-Signature=abcdef failed";
    assert.equal(withoutSignatures(url), "GET http://s3/b/k.jpg?[redacted] failed");
    assert.equal(withoutSignatures("/setup?token=abc"), "/setup?[redacted]");
    assert.equal(withoutSignatures("/?page=2"), "/?page=2");
    assert.equal(withoutSignatures(`GET /s/${"a-_9".repeat(8)}/more`), "GET /s/[redacted]/more");
  });
  it("writes one JSON line with part, level and time", () => {
    const line = JSON.parse(logged("{ uploadId: 'u1', requestId: 'r1' }"));
    assert.deepEqual([line.part, line.level, line.uploadId, line.requestId], ["test", "error", "u1", "r1"]);
    assert.ok(!Number.isNaN(Date.parse(line.time)));
  });
  it("censors passwords, cookies, tokens, policies and keys", () => {
    const secret = "hunter2-hunter2";
    const text =
      logged(`{ password: "${secret}", cookie: "${secret}", token: "${secret}", fields: { Policy: "${secret}" },
      headers: { authorization: "${secret}", cookie: "${secret}" }, bucket: { secretAccessKey: "${secret}" } }`);
    assert.doesNotMatch(text, /hunter2/);
  });
  it("keeps an error's cause and code but neither SQL parameters nor signed addresses", () => {
    const text = logged(`{ err: Object.assign(new Error("Failed query: select 1 params: geheim@example.com", {
      cause: Object.assign(new Error("duplicate key at http://s3/x?X-Amz-Signature=abc"), { code: "23505" }) }), { name: "DrizzleQueryError" }) }`);
    const line = JSON.parse(text);
    assert.doesNotMatch(text, /geheim|abc\b/);
    assert.equal(line.err.cause.code, "23505");
    assert.match(line.err.stack, /at /);
  });
});
