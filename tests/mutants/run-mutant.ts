import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";

export type Verdict = "killed" | "survived" | "broken";

/** Makes the mutant in the copy, runs its killer, and puts the file back. */
export function runMutant(copy: string, mutant: Mutant): { verdict: Verdict; by: string } {
  const file = join(copy, mutant.file);
  const before = readFileSync(file, "utf8");
  // the file is a copy, yet what is written must not reach a file that it shares its bytes with
  rmSync(file);
  writeFileSync(file, mutate(before, mutant));
  try {
    return judge(copy, mutant);
  } finally {
    writeFileSync(file, before);
  }
}

export function mutate(text: string, mutant: Mutant): string {
  return mutant.edits.reduce((changed, [find, replace]) => {
    const parts = changed.split(find);
    if (parts.length !== 2) {
      throw new Error(`${mutant.name}: ${mutant.file} has ${parts.length - 1} times: ${find}`);
    }
    return parts.join(replace);
  }, text);
}

interface Report {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function judge(copy: string, { killer }: Mutant): { verdict: Verdict; by: string } {
  const out = join(copy, "mutant.json");
  rmSync(out, { force: true });
  const filter =
    killer.test === "" ? [] : ["-t", killer.test.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")];
  spawnSync(
    process.execPath,
    [
      join(copy, "node_modules/vitest/vitest.mjs"),
      "run",
      killer.file,
      "--reporter=json",
      `--outputFile=${out}`,
      ...filter,
    ],
    { cwd: copy, stdio: "ignore" },
  );
  let report: Report;
  try {
    report = JSON.parse(readFileSync(out, "utf8")) as Report;
  } catch {
    return { verdict: "broken", by: "no report" };
  }
  const results = report.testResults.flatMap((one) => one.assertionResults);
  const failed = results.find((one) => one.status === "failed");
  if (failed !== undefined) return { verdict: "killed", by: failed.fullName };
  const passed = results.some((one) => one.status === "passed");
  return passed ? { verdict: "survived", by: "" } : { verdict: "broken", by: "no test ran" };
}
