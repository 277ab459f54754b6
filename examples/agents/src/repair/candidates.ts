import { permanent } from "@nofx/sdk";
import type { FailureReport } from "./report.ts";
import { mutationsOf, type Mutation } from "./mutations.ts";
import type { Sandbox } from "./sandbox.ts";

const COVERAGE = "coverage";

export interface Candidates {
  mutations: Mutation[];
  /** How many there were before those in code that the failing tests do not reach were left out. */
  considered: number;
}

/**
 * Where the fault can be: single-token changes in files that may be changed, in code that the failing tests execute.
 * Files come in the order of suspicion, likelier slips before unlikelier ones.
 */
export async function findCandidates(
  sandbox: Sandbox,
  files: ReadonlyMap<string, string>,
  report: FailureReport,
  mayChange: (path: string) => boolean,
  signal: AbortSignal,
): Promise<Candidates> {
  const failing = [...new Set(report.failures.map((failure) => failure.file))];
  const before = await sandbox.test(failing, { timeoutMs: 60_000, signal, coverage: COVERAGE });
  if (before.passed)
    throw permanent(
      "The tests that were reported as failing pass here: there is nothing to repair.",
    );

  const suspects = [...new Set(report.failures.flatMap((failure) => failure.suspects))];
  const mutations: Mutation[] = [];
  let considered = 0;
  for (const path of suspects.filter(
    (suspect) => mayChange(suspect) && /\.[cm]?js$/.test(suspect),
  )) {
    const source = files.get(path);
    if (source === undefined) continue;
    const reached = await sandbox.reached(COVERAGE, path);
    const all = mutationsOf(path, source);
    considered += all.length;
    mutations.push(...all.filter(({ offset }) => reached(offset)));
  }
  const suspicion = new Map(suspects.map((path, index) => [path, index]));
  const rank = ({ file, tier }: Mutation) => tier * suspects.length + (suspicion.get(file) ?? 0);
  mutations.sort((a, b) => rank(a) - rank(b) || a.offset - b.offset);
  return { mutations, considered };
}
