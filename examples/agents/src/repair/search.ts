import { applyMutation, type Mutation } from "./mutations.ts";
import type { FailureReport } from "./report.ts";
import type { Sandbox } from "./sandbox.ts";

export interface Repair {
  mutation: Mutation;
  /** How many candidates were run, this one included. */
  tried: number;
  /** How many tests pass with it. */
  tests: number;
}

export interface SearchOptions {
  signal: AbortSignal;
  onTry: (tried: number, mutation: Mutation, verdict: string) => void;
}

const MIN_TIMEOUT_MS = 10_000;

/** The first candidate with which the failing tests pass, and then all others too. */
export async function searchRepair(
  sandbox: Sandbox,
  files: ReadonlyMap<string, string>,
  report: FailureReport,
  candidates: readonly Mutation[],
  { signal, onTry }: SearchOptions,
): Promise<Repair | undefined> {
  const failing = [...new Set(report.failures.map((failure) => failure.file))];
  const [, , ...all] = report.command;
  // A change can make a loop endless: much longer than the tests take as they are is long enough.
  const startedAt = performance.now();
  await sandbox.test(all, { timeoutMs: 120_000, signal });
  const timeoutMs = Math.max(MIN_TIMEOUT_MS, 5 * (performance.now() - startedAt));

  for (const [index, mutation] of candidates.entries()) {
    const source = files.get(mutation.file) ?? "";
    await sandbox.write(mutation.file, applyMutation(source, mutation));
    const first = await sandbox.test(failing, { timeoutMs, signal });
    const whole = first.passed ? await sandbox.test(all, { timeoutMs, signal }) : undefined;
    onTry(index + 1, mutation, describe(first.passed, first.timedOut, whole));
    if (whole?.passed) return { mutation, tried: index + 1, tests: whole.tests };
    await sandbox.write(mutation.file, source);
  }
  return undefined;
}

function describe(
  passed: boolean,
  timedOut: boolean,
  whole: { passed: boolean; tests: number } | undefined,
): string {
  if (whole?.passed) return `all ${whole.tests} tests pass`;
  if (passed) return "the failure is gone, but another test fails";
  return timedOut ? "does not end" : "still fails";
}
