/** `npm test`: everything that has to hold, on a machine with nothing but Node and npm. Stops at the first failure. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright";
import { ownNode, project } from "../bin/install.mjs";
import { debianPackages, howToInstall, install, mayInstall, missingPackages } from "./debian.mjs";

const bin = path.join(project, "node_modules", ".bin");
const environment = {
  ...process.env,
  PATH: `${bin}${path.delimiter}${process.env.PATH}`,
  NEXT_TELEMETRY_DISABLED: "1",
  // Tools that ask questions have nobody to ask.
  CI: process.env.CI ?? "true",
};

function run(command, args, more = {}) {
  const child = spawn(command, args, {
    cwd: project,
    env: { ...environment, ...more },
    stdio: ["ignore", "inherit", "inherit"],
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

const node = (...args) => run(ownNode, args);
const tool = (name, ...args) => run(path.join(bin, name), args);

/** Debian's own packages where apt may be used; Playwright's browser elsewhere. Without a store to test there is no test. */
async function tools() {
  const missing = missingPackages(debianPackages);
  const hasBrowser = existsSync("/usr/bin/chromium") || existsSync(chromium.executablePath());
  if (mayInstall()) {
    const wanted = hasBrowser ? missing : [...missing, "chromium"];
    return wanted.length === 0 ? 0 : install(wanted, run);
  }
  if (missing.length > 0) {
    console.error(howToInstall(missing));
    return 1;
  }
  return hasBrowser ? 0 : tool("playwright", "install", "chromium");
}

async function types() {
  const generated = await tool("next", "typegen");
  return generated === 0 ? tool("tsc", "--noEmit") : generated;
}

const npmScript = (name) => {
  const { scripts } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8"));
  return run("sh", ["-c", scripts[name]]);
};

const stages = [
  ["Stores, clients, browser", tools],
  ["Format and lint", () => tool("biome", "ci", ".")],
  ["Import table", () => node(".ci/imports.mjs")],
  ["Words and sides", () => node(".ci/pages.mjs")],
  ["Types", types],
  ["Unit and integration tests", () => npmScript("unit")],
  ["Production build", () => node("lib/cli/main.ts", "build")],
  // The long form is `npm run test:faults -- --count 200`.
  ["Faults", () => node("faults/main.ts", "--seed", "11", "--count", "3", "--seconds", "40", "--crowd")],
  ["Browser tests", () => tool("playwright", "test")],
];

const table = [];
let failed = false;
for (const [name, work] of stages) {
  if (failed) {
    table.push([name, "not run", ""]);
    continue;
  }
  console.log(`\n── ${name}`);
  const started = performance.now();
  const code = await work();
  failed = code !== 0;
  table.push([name, failed ? "FAILED" : "ok", `${((performance.now() - started) / 1000).toFixed(1)} s`]);
}
console.log(
  `\n${table.map(([name, state, time]) => `${name.padEnd(28)}${state.padEnd(9)}${time.padStart(8)}`).join("\n")}`,
);
process.exitCode = failed ? 1 : 0;
