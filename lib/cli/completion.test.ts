/** The completion script in a real bash, and every command in each of the three. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { tintype } from "./testing.ts";

const execute = promisify(execFile);
let folder: string;
let script: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-completion-"));
  script = path.join(folder, "tintype.bash");
  await writeFile(script, (await tintype(["completion", "bash"], { cwd: folder })).out);
});
after(() => rm(folder, { recursive: true, force: true }));

/** What bash offers for the last word. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tintype; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute("bash", ["--norc", "-c", program, "bash", script, "tintype", ...words]);
  return stdout.split("\n").filter((line) => line !== "");
}

test("commands are completed at every depth, and the value of an option is not taken for one", async () => {
  assert.ok((await offered("")).includes("storage"));
  assert.deepEqual(await offered("storage", "buc"), ["bucket"]);
  assert.deepEqual(await offered("storage", "bucket", ""), ["create", "list", "delete"]);
  assert.deepEqual(await offered("storage", "--bucket", "ls", "prov"), ["provision"]);
});

test("options are completed with those of the group, and their values where they are few", async () => {
  assert.deepEqual(await offered("storage", "ls", "--re"), ["--recursive", "--region"]);
  assert.deepEqual(await offered("storage", "policy", "show", "--for", "w"), ["web", "worker"]);
  assert.deepEqual(await offered("completion", ""), ["bash", "zsh", "fish"]);
});

test("a script for every shell names every command, and another shell is refused", async () => {
  for (const shell of ["zsh", "fish"]) {
    const { code, out } = await tintype(["completion", shell], { cwd: folder });
    assert.equal(code, 0);
    for (const name of ["storage", "provision", "lifecycle", "--if-absent"])
      assert.ok(out.includes(name.replace(/^--/, "")), `${name} for ${shell}`);
  }
  const refused = await tintype(["completion", "tcsh"], { cwd: folder });
  assert.equal(refused.code, 2);
});
