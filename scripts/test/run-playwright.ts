import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { processReports } from "../coverage/process-coverage.ts";
import { root } from "../lib/paths.mjs";
import { runProcess } from "../lib/processes.ts";
import { type Counts, countPlaywright } from "./counts.ts";
import type { Ran } from "./run-vitest.ts";

const report = join(root, "test-results/browser.json");
const command = join(root, "node_modules/@playwright/test/cli.js");
const config = ["--config", join(root, "tests/browser/playwright.config.ts")];

export interface PlaywrightRun {
  /** Files and folders; all when empty. */
  paths: readonly string[];
  name: string | undefined;
  /** Path of the browser; without one the tests are counted as skipped. */
  chromium: string | undefined;
  /** Collects what the processes of the stack under test run. */
  coverage: boolean;
  live: boolean;
  note: (text: string) => void;
}

function read(): { stats: Parameters<typeof countPlaywright>[0]["stats"] } | undefined {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined;
  }
}

/** Runs the browser tests, or counts them where there is no browser. */
export async function runPlaywright(run: PlaywrightRun): Promise<Ran> {
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  const env = {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    PLAYWRIGHT_CHROMIUM: run.chromium ?? "",
    ...(run.coverage ? { NODE_V8_COVERAGE: processReports } : {}),
  };
  const args = [
    command,
    "test",
    ...config,
    ...(run.name === undefined ? [] : ["-g", run.name]),
    ...run.paths,
  ];
  if (run.chromium === undefined) {
    const list = await runProcess(process.execPath, [...args, "--list", "--reporter=json"], {
      cwd: root,
      env,
    });
    // Listed, not run: each counts as skipped.
    const { expected = 0, skipped = 0, unexpected = 0 } = read()?.stats ?? {};
    const listed = expected + skipped + unexpected;
    return list.code === 0
      ? { passed: 0, failed: 0, skipped: Math.max(1, listed), failures: "" }
      : { passed: 0, failed: 1, skipped: 0, failures: list.output };
  }
  let done = 0;
  const { code, output } = await runProcess(process.execPath, [...args, "--reporter=list,json"], {
    cwd: root,
    env,
    live: run.live,
    onLine(line) {
      if (!/^\s*[✓✘ok-]+\s+\d+ /.test(line)) return;
      done += 1;
      run.note(`${done} tests`);
    },
  });
  const found = read();
  const counts: Counts =
    found === undefined ? { passed: 0, failed: 1, skipped: 0 } : countPlaywright(found, code);
  return { ...counts, failures: counts.failed > 0 && !run.live ? output : "" };
}
