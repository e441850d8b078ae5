import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";
import { withoutSecrets } from "./log.ts";

/** What a process writes when it logs these fields: the real logger, the real stream. */
function logged(fields: string, message = "message"): string {
  const script = `
    const { log } = await import(${JSON.stringify(path.join(import.meta.dirname, "log.ts"))});
    const { DrizzleQueryError } = await import("drizzle-orm/errors");
    log("test").error(${fields}, "${message}");`;
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
    assert.equal(withoutSecrets(url), "GET http://s3/b/k.jpg?[redacted] failed");
    assert.equal(withoutSecrets("/setup?token=abc"), "/setup?[redacted]");
    assert.equal(withoutSecrets("/?page=2"), "/?page=2");
    assert.equal(withoutSecrets(`GET /s/${"a-_9".repeat(8)}/more`), "GET /s/[redacted]/more");
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
    const text =
      logged(`{ err: new DrizzleQueryError("select from sessions where token = $1", ["geheim\\n    at geheim"],
      Object.assign(new Error("duplicate key at http://s3/x?X-Amz-Signature=abc"), { code: "23505" })) }`);
    const line = JSON.parse(text);
    assert.doesNotMatch(text, /geheim|abc\b/);
    assert.deepEqual([line.err.message, line.err.cause.code], ["query failed", "23505"]);
    assert.match(line.err.stack, /^ {4}at /);
  });
  it("takes them out of sentences too", () => {
    const text = logged("{}", "Failed task 7 with error 'Failed query: select $1\\nparams: geheim,mehr'");
    assert.equal(JSON.parse(text).msg, "Failed task 7 with error 'query failed");
    assert.equal(
      withoutSecrets("connect postgres://tintype:p%40ss@db:5432/x"),
      "connect postgres://tintype:[redacted]@db:5432/x",
    );
    assert.equal(withoutSecrets(`/invite/${"a-_9".repeat(10)}`), "/invite/[redacted]");
    assert.equal(withoutSecrets("??a=b?token=abc ?c"), "??a=b?[redacted] ?c");
  });
  it("reads whatever somebody sent once, so that a megabyte of it holds nobody up", () => {
    const script = `
      const { withoutSecrets } = await import(${JSON.stringify(path.join(import.meta.dirname, "log.ts"))});
      for (const sent of ["a", "?", "\\n", " ", "a:", "/s/", "://", "Failed query: ", "?token", "\\n  at "])
        for (const before of ["", "Failed query: "]) withoutSecrets(before + sent.repeat(1e6 / sent.length) + "!");`;
    // Read again from each of its letters it is the work of hours; in a process of its own, because nothing else ends that.
    const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      timeout: 60_000,
    });
    assert.equal(status, 0);
  });
});
