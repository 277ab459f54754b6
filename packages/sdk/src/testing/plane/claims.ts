import type {
  AgentRequest,
  AgentResponse,
  ApprovalAnswer,
  ClaimedStep,
  NeededArtifact,
} from "@nofx/core/contract";
import { claim, claimable, settle, type ModelStep } from "@nofx/core/model";
import { ORIGIN } from "./origin.ts";
import { AGENT, changed, type PlaneState } from "./state.ts";

const HANDLERS = ["agent@1"];

/** Hands steps out, waiting for some as long as the caller wants to. */
export async function claimSteps(
  state: PlaneState,
  request: AgentRequest<"claim">,
  gone: AbortSignal | undefined,
): Promise<AgentResponse<"claim">> {
  const options = { handlers: HANDLERS, capabilities: request.capabilities };
  const until = state.time.now + request.waitSeconds * 1_000;
  while (
    gone?.aborted !== true &&
    state.time.now < until &&
    claimable(state.model, AGENT, options, state.time.now).length === 0
  ) {
    await change(state, until, gone);
  }
  const limit = gone?.aborted === true ? 0 : request.max;
  const taken = claim(
    state.model,
    AGENT,
    { ...options, limit, leaseMs: state.leaseMs },
    state.time.now,
  );
  return {
    steps: taken.map((step) => describe(state, step)),
    leaseSeconds: state.leaseMs / 1_000,
  };
}

/** Until something has changed, the time is over or nobody listens any more. */
function change(state: PlaneState, until: number, gone: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      state.watchers.delete(wake);
      gone?.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = state.time.virtual.in(until - state.time.now, wake);
    state.watchers.add(wake);
    gone?.addEventListener("abort", wake, { once: true });
  });
}

/** Gives back what was claimed for a caller that has gone. */
export function giveBack(state: PlaneState, steps: readonly ClaimedStep[]): void {
  const settlements = steps.map(({ id, epoch }) => ({
    stepId: state.ids.inner(id),
    epoch,
    outcome: "released" as const,
  }));
  settle(state.model, AGENT, settlements, state.time.now);
  changed(state);
}

function describe(state: PlaneState, step: Readonly<ModelStep>): ClaimedStep {
  const { model, ids } = state;
  const id = ids.of("step", step.id);
  const runId = ids.of("run", step.runId);
  const { input } = step.arguments as { input?: Record<string, unknown> };
  return {
    id,
    runId,
    name: step.name,
    title: state.titles.get(step.id) ?? step.name,
    kind: "agent",
    capability: step.capability ?? "",
    epoch: step.epoch,
    attempt: step.failures + step.crashes + 1,
    leaseUntil: state.time.date(step.leaseUntil ?? 0).toISOString(),
    input: input ?? {},
    checkpoints: model.checkpoints
      .filter((one) => one.stepId === step.id)
      .map(({ name, value }) => ({ name, value })),
    approvals: [...state.questions]
      .filter(([, one]) => one.stepId === step.id)
      .map(([approvalId]) => answerOf(state, approvalId)),
    needs: model.dependencies
      .filter((one) => one.stepId === step.id)
      .map(({ dependsOn }) => needOf(state, dependsOn)),
    correlationId: runId,
    traceparent: null,
  };
}

function needOf(state: PlaneState, stepId: string): ClaimedStep["needs"][number] {
  const step = state.model.steps.get(stepId);
  if (step === undefined) throw new Error(`There is no step ${stepId}.`);
  const artifacts = [...state.files]
    .filter(([, file]) => file.stepId === stepId && file.complete)
    .map(([id, { name, contentType, size, sha256 }]): NeededArtifact => ({
      id,
      name,
      contentType,
      size,
      sha256,
      url: `${ORIGIN}/storage/${id}`,
    }));
  return { name: step.name, status: step.status, output: step.output ?? null, artifacts };
}

/** What became of a question, in the words of the agent API. */
export function answerOf(state: PlaneState, approvalId: string): ApprovalAnswer {
  const approval = state.model.approvals.get(approvalId);
  const question = state.questions.get(approvalId);
  if (approval === undefined || question === undefined)
    throw new Error(`There is no question ${approvalId}.`);
  const { name, edited } = question;
  const reason = question.reason === null ? {} : { reason: question.reason };
  switch (approval.status) {
    case "pending":
      return { name, status: "pending" };
    case "approved":
      return edited === undefined
        ? { name, status: "approved", ...reason }
        : { name, status: "modified", arguments: edited, ...reason };
    case "rejected":
    case "expired":
    case "superseded":
      return { name, status: approval.status, ...reason };
    case "cancelled":
      return { name, status: "superseded", ...reason };
  }
}
