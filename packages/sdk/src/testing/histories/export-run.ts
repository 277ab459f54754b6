import { HISTORY_VERSION, type RecordedStep, type RunHistory } from "@nofx/core/contract";
import { stepsOf, type ModelStep } from "@nofx/core/model";
import { holdsOf } from "@nofx/core/vocabulary";
import { runStatus } from "../plane/runs.ts";
import type { PlaneState } from "../plane/state.ts";
import { metOf } from "../plane/waits.ts";

/** What has happened in a run of a test plane, by name. */
export function exportRun(state: PlaneState, runId: string): RunHistory {
  return {
    version: HISTORY_VERSION,
    runId: state.ids.of("run", runId),
    status: runStatus(state, runId),
    recordedAt: state.time.date().toISOString(),
    steps: stepsOf(state.model, runId).map((step) => recorded(state, step)),
  };
}

function recorded(state: PlaneState, step: ModelStep): RecordedStep {
  const { model, ids } = state;
  const nameOf = (id: string) => model.steps.get(id)?.name ?? "";
  const mine = (one: { stepId: string }) => one.stepId === step.id;
  const { input } = step.arguments as { input?: Record<string, unknown> };
  return {
    id: ids.of("step", step.id),
    name: step.name,
    parent: step.parentId === null ? null : nameOf(step.parentId),
    kind: step.handler.split("@")[0] ?? "",
    capability: step.capability,
    status: step.status,
    attempts: model.attempts.filter(mine).length,
    attempt: Math.max(1, step.failures + step.crashes + (step.status === "failed" ? 0 : 1)),
    holds: holdsOf(step.holds),
    needs: model.dependencies
      .filter(mine)
      .map(({ dependsOn, required }) => ({ name: nameOf(dependsOn), required })),
    input: input ?? {},
    output: step.output ?? null,
    error:
      step.error === null ? null : { code: step.error.code, message: step.error.message ?? "" },
    checkpoints: model.checkpoints.filter(mine).map(({ name, value }) => ({ name, value })),
    approvals: [...state.questions]
      .filter(([id, one]) => mine(one) && model.waits.every((wait) => wait.approvalId !== id))
      .map(([id, one]) => ({
        name: one.name,
        question: one.question,
        arguments: one.arguments,
        edited: one.edited ?? null,
        editable: one.editable ?? null,
        tool: one.tool ?? null,
        target: null,
        status: model.approvals.get(id)?.status ?? "cancelled",
        reason: one.reason,
      })),
    waits: waitsOf(state, step),
    sent: [...model.messages, ...state.bus.filter(({ id, message }) => id === message.messageId)]
      .filter((one) => one.fromStep === step.id && one.sentAs !== null)
      .map(({ sentAs }) => ({ sentAs: sentAs ?? "" })),
    tools: [...(state.uses.get(step.id) ?? [])].map(([name, { tool, status }]) => ({
      name,
      tool,
      status,
    })),
  };
}

function waitsOf(state: PlaneState, step: ModelStep): RecordedStep["waits"] {
  const options = state.model.waits.filter((one) => one.stepId === step.id);
  return [...new Set(options.map(({ name }) => name))].map((name) => {
    const own = options.filter((one) => one.name === name);
    const met = own.find((one) => one.status === "met");
    return {
      name,
      options: own.map(({ option, kind, topic, key, dueAt, status }) => ({
        option,
        kind,
        topic,
        key,
        dueAt: dueAt === null ? null : state.time.date(dueAt).toISOString(),
        status,
      })),
      met: met === undefined ? null : metOf(state, met),
    };
  });
}
