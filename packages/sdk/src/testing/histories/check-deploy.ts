import type { RecordedStep, RunHistory } from "@nofx/core/contract";
import { isTerminalStep } from "@nofx/core/vocabulary";
import type { AnyTask } from "../../tasks/index.ts";
import { verdictOf, type Finding, type FindingCode, type Verdict } from "./findings.ts";
import { heldAgainst } from "./held-against.ts";
import { replayStep } from "./replay-step.ts";
import { tasksOf, type Code } from "./replay.ts";

/** What becomes of one live run under the new code. */
export interface CheckedRun {
  readonly runId: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

export interface DeployReport {
  readonly version: 1;
  readonly capabilities: readonly string[];
  readonly runs: readonly CheckedRun[];
  readonly counts: Readonly<Record<Verdict, number>>;
}

export interface CheckOptions {
  /** What the agent offers now: steps of a capability that is no longer there stay without anybody to do them. */
  offered?: readonly string[] | undefined;
}

/** Replays runs that have not ended on new code, and says which go on, which need a migration, and which have to stay on the old. */
export async function checkDeploy(
  code: Code,
  histories: readonly RunHistory[],
  { offered = [] }: CheckOptions = {},
): Promise<DeployReport> {
  const tasks = tasksOf(code);
  const runs: CheckedRun[] = [];
  for (const history of histories) {
    const findings: Finding[] = [];
    for (const step of history.steps)
      findings.push(...(await checkStep(tasks, history, step, offered)));
    runs.push({ runId: history.runId, verdict: verdictOf(findings), findings });
  }
  const count = (verdict: Verdict) => runs.filter((run) => run.verdict === verdict).length;
  return {
    version: 1,
    capabilities: tasks.map(({ capability }) => capability),
    runs,
    counts: {
      continues: count("continues"),
      needs_migration: count("needs_migration"),
      must_stay_pinned: count("must_stay_pinned"),
    },
  };
}

async function checkStep(
  tasks: readonly AnyTask[],
  history: RunHistory,
  step: RecordedStep,
  offered: readonly string[],
): Promise<Finding[]> {
  const { kind, capability, name } = step;
  if (kind !== "agent" || capability === null) return [];
  const found = (code: FindingCode, detail: string): Finding[] => [
    { code, step: name, name: null, detail },
  ];
  const task = tasks.find((one) => one.capability === capability);
  if (task === undefined) {
    return isTerminalStep(step.status) || !offered.includes(capability)
      ? []
      : found("capability_gone", `Nothing in this code does ${capability}.`);
  }
  if (step.status === "succeeded") return checkOutput(task, step);
  if (isTerminalStep(step.status)) return [];
  // what was never begun has stored nothing, and what it needs may not be there yet
  if (step.attempts === 0) return checkInput(task, step);
  const replayed = await replayStep(tasks, history, step);
  const { failure, meant, findings } = replayed;
  if (failure?.stage === "input") return found("input_refused", failure.message);
  if (failure?.stage === "output") return found("output_refused", failure.message);
  if (failure !== undefined && !meant && findings.length === 0) {
    const at = failure.at === undefined ? "" : ` at "${failure.at}"`;
    return found("handler_failed", `It fails on what is stored${at}: ${failure.message}`);
  }
  return [...findings, ...heldAgainst(step, replayed, false)];
}

/** An output that others may still read, against the schema that they now count on. */
async function checkOutput(task: AnyTask, step: RecordedStep): Promise<Finding[]> {
  const result = await task.output?.["~standard"].validate(step.output);
  const issue = result?.issues?.[0];
  if (issue === undefined) return [];
  const detail = `The stored output does not fit the schema of ${task.capability}: ${issue.message}`;
  return [{ code: "output_refused", step: step.name, name: null, detail }];
}

async function checkInput(task: AnyTask, step: RecordedStep): Promise<Finding[]> {
  const result = await task.input?.["~standard"].validate(step.input);
  const issue = result?.issues?.[0];
  if (issue === undefined) return [];
  const detail = `The stored input does not fit the schema of ${task.capability}: ${issue.message}`;
  return [{ code: "input_refused", step: step.name, name: null, detail }];
}
