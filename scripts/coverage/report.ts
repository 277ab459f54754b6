import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { readChangedLines } from "./changed-lines.ts";
import { diffSince, findBase } from "./find-base.ts";
import { processReports, readProcessCoverage } from "./process-coverage.ts";
import { scoreChanges } from "./score.ts";

const target = 95;

/** Coverage of the changed lines, as lines to print. */
export async function reportCoverage(): Promise<string[]> {
  const base = await findBase();
  if (base === undefined) return ["Coverage of changed lines: no commit to compare with."];
  const short = base.slice(0, 10);
  let coverage;
  try {
    coverage = JSON.parse(readFileSync(join(root, "coverage/coverage-final.json"), "utf8"));
  } catch {
    return ["Coverage of changed lines: the tests wrote no coverage."];
  }
  const changed = readChangedLines(await diffSince(base));
  const scores = scoreChanges(root, coverage, changed, readProcessCoverage(processReports));
  const covered = scores.reduce((sum, score) => sum + score.covered, 0);
  const total = scores.reduce((sum, score) => sum + score.total, 0);
  if (total === 0) return [`Coverage of changed lines: no code changed since ${short}.`];
  const percent = (100 * covered) / total;
  const worst = scores.filter((score) => score.covered < score.total).slice(0, 12);
  return [
    `Coverage of changed lines since ${short}: ${percent.toFixed(1)} % (${covered} of ${total}), ${percent >= target ? "at or above" : "below"} the ${target} % wanted.`,
    ...(percent >= target
      ? []
      : worst.map(
          ({ file, covered: ran, total: all }) => `  ${all - ran} of ${all} not run: ${file}`,
        )),
  ];
}
