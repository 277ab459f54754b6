import { NofxError } from "@nofx/core/errors";
import { claim, settle, type ModelStep } from "@nofx/core/model";
import { TIMED_OUT } from "@nofx/core/contract";
import { ApprovalWith, WaitWith } from "@nofx/core/vocabulary";
import { askPeople } from "./questions.ts";
import { WORKER, type PlaneState } from "./state.ts";
import { waitFor } from "./waits.ts";

type End = Parameters<typeof settle>[2][number];

/** What our own worker does for a plan: steps of kind `wait` and `approval`. True: one of them moved. */
export function runPlanSteps(state: PlaneState): boolean {
  const { model, time, leaseMs } = state;
  const options = { handlers: ["wait@1", "approval@1"], limit: 1, leaseMs };
  const [step] = claim(model, WORKER, options, time.now);
  if (step === undefined) return false;
  const held = { stepId: step.id, epoch: step.epoch };
  const end =
    step.handler === "wait@1" ? runWait(state, step, held) : runApproval(state, step, held);
  if (end !== undefined) settle(model, WORKER, [end], time.now);
  return true;
}

function runWait(
  state: PlaneState,
  step: Readonly<ModelStep>,
  held: Pick<End, "stepId" | "epoch">,
) {
  const { any, timeoutSeconds, onTimeout, ...only } = WaitWith.parse(step.arguments);
  const answer = waitFor(state, held, {
    name: "wait",
    options: any ?? [{ option: "met", ...only }],
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  });
  if (answer.status === "pending") return undefined;
  const { met } = answer;
  if (met.option === TIMED_OUT && onTimeout === "fail") {
    return failed(held, "wait_timed_out", `Nothing came within ${timeoutSeconds} s.`);
  }
  if (met.kind === "approval" && any === undefined && met.payload.status !== "approved") {
    return refused(held, met.payload.status);
  }
  const output = { met: met.option, kind: met.kind, payload: met.payload };
  return { ...held, outcome: "succeeded", output } as const;
}

function runApproval(
  state: PlaneState,
  step: Readonly<ModelStep>,
  held: Pick<End, "stepId" | "epoch">,
) {
  const { question, details, expiresInSeconds } = ApprovalWith.parse(step.arguments);
  const answer = askPeople(state, step.id, {
    name: "approval",
    epoch: step.epoch,
    question,
    expiresInSeconds,
    ...(details !== undefined && { details }),
  });
  if (answer.status === "pending") return undefined;
  if (answer.status !== "approved") return refused(held, answer.status);
  const output = { status: answer.status, reason: answer.reason ?? null };
  return { ...held, outcome: "succeeded", output } as const;
}

function refused(held: Pick<End, "stepId" | "epoch">, status: string) {
  return status === "rejected"
    ? failed(held, "approval_rejected", "People said no.")
    : failed(held, "approval_expired", "Nobody answered in time.");
}

function failed(
  held: Pick<End, "stepId" | "epoch">,
  code: "wait_timed_out" | "approval_rejected" | "approval_expired",
  message: string,
) {
  return { ...held, outcome: "failed", error: { code, message } } as const;
}

/** Kinds whose effects a test plane cannot have. */
export function assertModelled(kind: string): void {
  if (["agent", "wait", "approval"].includes(kind)) return;
  throw new NofxError("invalid_input", {
    detail: `A test plane runs no ${kind} steps: only agent, wait and approval.`,
  });
}
