import { enqueueRun, stepsOf, type ModelStep } from "@nofx/core/model";
import type { Progress, StepStatus } from "@nofx/core/contract";
import { isTerminalRun, type RunStatus } from "@nofx/core/vocabulary";
import type { AnyTask } from "../../tasks/index.ts";
import { checkSchema } from "../../schema/index.ts";
import { assertModelled } from "./plan-steps.ts";
import { changed, type PlaneState } from "./state.ts";

/** A step of a run in a test. */
export type TestStepSpec = {
  name: string;
  title?: string;
  needs?: readonly string[];
  /** Met by any end of the other step. */
  softNeeds?: readonly string[];
  maxFailures?: number;
  deadlineSeconds?: number;
  priority?: number;
} & (
  | { task: AnyTask | string; input?: Record<string, unknown>; timeoutSeconds?: number }
  | { kind: "wait" | "approval"; with: Record<string, unknown> }
);

/** A step as it stands. */
export interface TestStep {
  readonly name: string;
  readonly status: StepStatus;
  readonly input: Record<string, unknown>;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly failures: number;
  readonly crashes: number;
  /** How often it was claimed. */
  readonly executions: number;
  /** Stored results, by name. */
  readonly checkpoints: Readonly<Record<string, unknown>>;
  readonly logs: readonly string[];
  readonly progress: Progress | undefined;
  readonly artifacts: Readonly<Record<string, Uint8Array>>;
}

/** Writes a run down. Refuses input that its task would not take, as the control plane does. */
export async function enqueue(state: PlaneState, steps: readonly TestStepSpec[]): Promise<string> {
  for (const step of steps) {
    if ("kind" in step) assertModelled(step.kind);
    else if (typeof step.task !== "string" && step.task.input !== undefined) {
      await checkSchema(step.task.input, step.input ?? {}, `input of step "${step.name}"`);
    }
  }
  const id = state.ids.make("run");
  state.ids.know("run", id, id);
  const ids = new Map(steps.map(({ name }) => [name, state.ids.make("step")]));
  for (const one of ids.values()) state.ids.know("step", one, one);
  enqueueRun(
    state.model,
    {
      id,
      steps: steps.map((step) => ({
        id: ids.get(step.name) ?? "",
        name: step.name,
        ...(step.needs && { needs: step.needs }),
        ...(step.softNeeds && { softNeeds: step.softNeeds }),
        ...(step.maxFailures !== undefined && { maxFailures: step.maxFailures }),
        ...(step.priority !== undefined && { priority: step.priority }),
        ...(step.deadlineSeconds !== undefined && { deadlineMs: step.deadlineSeconds * 1_000 }),
        ...whatOf(step),
      })),
    },
    state.time.now,
  );
  for (const { name, title } of steps) {
    if (title !== undefined) state.titles.set(ids.get(name) ?? "", title);
  }
  changed(state);
  return id;
}

function whatOf(step: TestStepSpec) {
  if ("kind" in step) return { kind: step.kind, arguments: step.with };
  const capability = typeof step.task === "string" ? step.task : step.task.capability;
  const { input = {}, timeoutSeconds = 3_600 } = step;
  return { kind: "agent", capability, arguments: { capability, input, timeoutSeconds } };
}

export function viewSteps(state: PlaneState, runId: string): TestStep[] {
  return stepsOf(state.model, runId).map((step) => viewStep(state, step));
}

function viewStep(state: PlaneState, step: ModelStep): TestStep {
  const { model } = state;
  const { input } = step.arguments as { input?: Record<string, unknown> };
  const outer = state.ids.of("step", step.id);
  return {
    name: step.name,
    status: step.status,
    input: input ?? {},
    output: step.output,
    error:
      step.error === null ? null : { code: step.error.code, message: step.error.message ?? "" },
    failures: step.failures,
    crashes: step.crashes,
    executions: model.attempts.filter((one) => one.stepId === step.id).length,
    checkpoints: Object.fromEntries(
      model.checkpoints
        .filter((one) => one.stepId === step.id)
        .map(({ name, value }) => [name, value]),
    ),
    logs: (state.logs.get(step.id) ?? []).map(({ text }) => text),
    progress: state.progress.get(outer),
    artifacts: Object.fromEntries(
      [...state.files.values()]
        .filter((file) => file.stepId === step.id && file.complete)
        .map(({ name, bytes }) => [name, bytes ?? new Uint8Array()]),
    ),
  };
}

export function runStatus({ model }: PlaneState, runId: string): RunStatus {
  const run = model.runs.get(runId);
  if (run === undefined) throw new Error(`There is no run ${runId}.`);
  return run.status;
}

export function hasEnded(state: PlaneState, runId: string): boolean {
  return isTerminalRun(runStatus(state, runId));
}
