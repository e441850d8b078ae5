import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { parseSettings, SettingsError } from "./env.ts";
import { arm, armFrom, failpoint, failpoints } from "./failpoint.ts";

const project = path.join(import.meta.dirname, "..");
const module = path.join(import.meta.dirname, "failpoint.ts");

/** How a process ends that is started with these variables and comes to one of the places. */
async function ending(environment: Record<string, string>): Promise<string> {
  const program = `const { failpoint } = await import(${JSON.stringify(module)}); await failpoint("publish.closed"); process.stdout.write("went on")`;
  const child = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...environment },
  });
  return child.then(
    ({ stdout }) => stdout,
    (error: { signal?: string }) => error.signal ?? "failed",
  );
}

it("ends a process at a named place in a test, and never without the flag of tests", async () => {
  const armed = { TINTYPE_FAILPOINTS: "publish.closed=kill" };
  assert.equal(await ending({ ...armed, TINTYPE_TEST: "faults" }), "SIGKILL");
  assert.equal(await ending(armed), "went on");
  assert.equal(await ending({ TINTYPE_TEST: "faults" }), "went on");
  assert.equal(await ending({ TINTYPE_FAILPOINTS: "publish.closd=kill", TINTYPE_TEST: "faults" }), "failed");
});

it("is refused by name in the environment of a Tintype that is not under test", () => {
  const armed = { TINTYPE_FAILPOINTS: "publish.closed=kill" };
  assert.throws(
    () => parseSettings(armed),
    (error) => error instanceof SettingsError && /TINTYPE_FAILPOINTS/.test(error.message),
  );
  parseSettings({ ...armed, TINTYPE_TEST: "faults" });
});

it("acts from the given time on, until it is taken away", () => {
  armFrom({ TINTYPE_FAILPOINTS: "sweep.listed=throw@2", TINTYPE_TEST: "1" });
  failpoint("sweep.listed");
  assert.throws(() => failpoint("sweep.listed"));
  arm("sweep.listed", () => {})();
  failpoint("sweep.listed");
});

it("has every place in the product, and nothing there arms one", () => {
  const sources = globSync("{app,lib,db}/**/*.{ts,tsx}", { cwd: project })
    .filter((file) => !/\.test\.|testing|failpoint\.ts$/.test(file))
    .map((file) => readFileSync(path.join(project, file), "utf8"));
  const all = sources.join("\n");
  const placed = [...all.matchAll(/\bfailpoint\("([\w.]+)"\)/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(placed)].sort(), [...failpoints].sort());
  assert.doesNotMatch(all, /\barm(From)?\([^)]*\)|import \{[^}]*\barm(From)?\b[^}]*\} from "[^"]*failpoint/);
});
