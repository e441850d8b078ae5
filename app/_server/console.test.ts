import assert from "node:assert/strict";
import { test } from "node:test";
import { logConsole } from "./console.ts";

test("what is written to the console goes to the log, its failures as failures and not as texts (A-55)", (t) => {
  const lines: unknown[][] = [];
  const at =
    (level: string) =>
    (...given: unknown[]): void => {
      lines.push([level, ...given]);
    };
  // Put back when the test is over.
  for (const name of ["error", "warn", "log", "info"] as const) t.mock.method(globalThis.console, name);
  const printed = globalThis.console;
  logConsole({ error: at("error"), warn: at("warn"), info: at("info") });
  const failure = new Error("Failed query: select 1\nparams: geheim");
  printed.error(failure);
  printed.error("\u001b[31m ⨯\u001b[0m", failure, { params: ["geheim"] });
  printed.warn("Careful");
  printed.log("Ready", "in 1 s");
  t.mock.restoreAll();
  assert.deepEqual(lines, [
    ["error", { err: failure }, "a page could not be made"],
    ["error", { err: failure }, "a page could not be made"],
    ["warn", {}, "Careful"],
    ["info", {}, "Ready in 1 s"],
  ]);
});
