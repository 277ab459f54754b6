import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, devices } from "@playwright/test";

const chromium = process.env["PLAYWRIGHT_CHROMIUM"];
const setup = join(import.meta.dirname, "global-setup.ts");
const results = join(import.meta.dirname, "../../test-results");

export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: join(results, "browser"),
  // Starts the stack that the tests drive, and leaves its addresses in the environment.
  ...(existsSync(setup) ? { globalSetup: setup } : {}),
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env["CI"] !== undefined,
  retries: 0,
  // One stack for all, and times are measured: tests take turns.
  workers: 1,
  reporter: "list",
  use: {
    ...devices["Desktop Chrome"],
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      ...(chromium === undefined || chromium === "" ? {} : { executablePath: chromium }),
      // Chromium's own sandbox refuses to run as root.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
