import { canonicalJson } from "@nofx/core/canonical";
import type { RecordedStep, RunHistory } from "@nofx/core/contract";
import { isTerminalStep } from "@nofx/core/vocabulary";
import type { Agent } from "../../agents/index.ts";
import type { AnyTask } from "../../tasks/index.ts";
import type { Finding } from "./findings.ts";
import { heldAgainst } from "./held-against.ts";
import { replayStep, type Replayed } from "./replay-step.ts";

export type Code = Agent | AnyTask | readonly (Agent | AnyTask)[];

/** What came of a replay. */
export interface ReplayReport {
  readonly runId: string;
  /** Nothing diverged. */
  readonly ok: boolean;
  /** Steps that were executed again. */
  readonly steps: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Executes a recorded run again on this code, step by step, and says by name what is not as it was: for CI. A step that ended has to
 * ask for all that it asked for then, for nothing else, and to end as it did. No effect begins.
 */
export async function replay(code: Code, history: RunHistory): Promise<ReplayReport> {
  const tasks = tasksOf(code);
  const steps = history.steps.filter(
    (step) =>
      step.kind === "agent" &&
      step.attempts > 0 &&
      tasks.some(({ capability }) => capability === step.capability),
  );
  const findings: Finding[] = [];
  for (const step of steps) {
    const replayed = await replayStep(tasks, history, step);
    findings.push(
      ...replayed.findings,
      ...heldAgainst(step, replayed, isTerminalStep(step.status)),
    );
    if (isTerminalStep(step.status) && replayed.findings.length === 0) {
      findings.push(...endOf(step, replayed));
    }
  }
  return {
    runId: history.runId,
    ok: findings.length === 0,
    steps: steps.map(({ name }) => name),
    findings,
  };
}

export function tasksOf(code: Code): AnyTask[] {
  const list: readonly (Agent | AnyTask)[] = Array.isArray(code)
    ? (code as readonly (Agent | AnyTask)[])
    : [code as Agent | AnyTask];
  return list.flatMap((one) => ("handler" in one ? [one] : [...one.tasks.values()]));
}

function endOf(step: RecordedStep, replayed: Replayed): Finding[] {
  const found = (detail: string): Finding[] => [
    { code: "end_changed", step: step.name, name: null, detail },
  ];
  // a cancelled step was stopped from outside, wherever it was
  if (step.status === "cancelled" || replayed.reached.length > 0) return [];
  if (replayed.end === "stopped") return found(`It waits, where it ${step.status} then.`);
  if (replayed.end !== step.status) {
    const why = replayed.failure === undefined ? "" : `: ${replayed.failure.message}`;
    return found(`It ${replayed.end}${why}, where it ${step.status} then.`);
  }
  if (step.status !== "succeeded") return [];
  return canonicalJson(replayed.output ?? null) === canonicalJson(step.output ?? null)
    ? []
    : found(
        `Its output is ${JSON.stringify(replayed.output)}, where it was ${JSON.stringify(step.output)}.`,
      );
}
