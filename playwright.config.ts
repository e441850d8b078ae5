/** The product from outside: a production build, a real browser, real Postgres and store in a folder of their own. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { defineConfig } from "playwright/test";
import { port, storePort } from "./e2e/ports.ts";

const origin = `http://localhost:${port}`;
const chromium = "/usr/bin/chromium";

// Every Playwright process reads this file; the first one names the folder for all of them.
process.env.E2E_DATA ??= path.join(tmpdir(), `tintype-e2e-${process.pid}`);

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // A test that passes at the second try has found something.
  retries: 0,
  // One gallery for all of them: what one makes public for a moment, another would count.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    baseURL: origin,
    locale: "en-US",
    timezoneId: "UTC",
    // What a test cuts off must not be answered by it; its own tests allow it.
    serviceWorkers: "block",
    trace: "retain-on-failure",
    launchOptions: {
      ...(existsSync(chromium) ? { executablePath: chromium } : {}),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    // The first account is made once, through the link that start printed; everything else needs it.
    { name: "first", testMatch: "set-up.spec.ts", use: { browserName: "chromium" } },
    {
      name: "desktop",
      testIgnore: "set-up.spec.ts",
      dependencies: ["first"],
      use: { browserName: "chromium", viewport: { width: 1280, height: 800 } },
    },
  ],
  webServer: {
    command: "node e2e/serve.ts",
    url: `${origin}/api/health/ready`,
    // Longer than a build on two busy cores.
    timeout: 300_000,
    reuseExistingServer: false,
    // Without it Playwright kills the whole group, and nothing is drained.
    gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
    stdout: "pipe",
    stderr: "pipe",
    env: {
      PORT: String(port),
      APP_URL: origin,
      TINTYPE_STORE_PORT: String(storePort),
      TINTYPE_DATA: process.env.E2E_DATA,
    },
  },
});
