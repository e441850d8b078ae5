import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { systemDataFolder } from "./default-folder.ts";

describe("the folder that is used when none is named", () => {
  const open = mkdtempSync(path.join(tmpdir(), "tintype-folder-"));
  chmodSync(open, 0o755);
  const closed = path.join(open, "closed");
  mkdirSync(path.join(closed, "clone"), { recursive: true });
  chmodSync(closed, 0o700);
  after(() => rmSync(open, { recursive: true }));

  it("is the usual one where Postgres can get to it", () => {
    assert.equal(systemDataFolder(open, true), undefined);
  });
  it("is the system's for root below a closed folder such as /root", () => {
    assert.equal(systemDataFolder(path.join(closed, "clone"), true), "/var/lib/tintype");
  });
  it("is the usual one for everybody else, who runs Postgres himself", () => {
    assert.equal(systemDataFolder(path.join(closed, "clone"), false), undefined);
  });
});
