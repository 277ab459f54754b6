import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "../lib/paths.mjs";
import { runProcess } from "../lib/processes.ts";
import { type Counts, countVitest } from "./counts.ts";

export interface Ran extends Counts {
  /** What the failed tests said; empty when none did. */
  failures: string;
}

const report = join(root, "test-results/vitest.json");

/** What vitest prints of the failed tests, without the list of all files before it. */
function failuresIn(output: string): string {
  const lines = output.split("\n");
  const start = lines.findIndex((line) =>
    /⎯ (Failed (Tests|Suites)|Unhandled Errors?|Startup Error|Global)/.test(
      stripVTControlCharacters(line),
    ),
  );
  return lines.slice(start === -1 ? Math.max(0, lines.length - 200) : start).join("\n");
}

export interface VitestRun {
  /** Files and folders; all when empty. */
  paths: readonly string[];
  name: string | undefined;
  coverage: boolean;
  /** Shows vitest's own output as it comes. */
  live: boolean;
  note: (text: string) => void;
}

/** Runs unit and integration tests in one vitest, so that there is one report and one coverage. */
export async function runVitest({ paths, name, coverage, live, note }: VitestRun): Promise<Ran> {
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  let files = 0;
  const { code, output } = await runProcess(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(coverage ? ["--coverage"] : []),
      ...(name === undefined ? [] : ["-t", name]),
      ...paths,
    ],
    {
      cwd: root,
      live,
      onLine(line) {
        if (!/^\s*[✓❯×↓]\s.*\(\d+ tests?/.test(stripVTControlCharacters(line))) return;
        files += 1;
        note(`${files} files`);
      },
    },
  );
  let counts: Counts;
  try {
    counts = countVitest(JSON.parse(readFileSync(report, "utf8")), code);
  } catch {
    // No report: it ended before any test.
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  return { ...counts, failures: counts.failed > 0 && !live ? failuresIn(output) : "" };
}
