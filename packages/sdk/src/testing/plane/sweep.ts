import { decideRetry, transitionApproval } from "@nofx/core/machine";
import {
  attemptOf,
  decideApproval,
  expireDeadlines,
  reclaim,
  settle,
  wakeTimers,
} from "@nofx/core/model";
import { runPlanSteps } from "./plan-steps.ts";
import { AGENT, changed, type PlaneState } from "./state.ts";

/** What falls due by now: timers, leases, questions, time limits of attempts, deadlines. */
export function sweep(state: PlaneState): void {
  const { model, time } = state;
  wakeTimers(model, time.now);
  for (const [id, { expiresAt }] of state.questions) {
    if (expiresAt <= time.now) decideApproval(model, id, "expire", time.now);
  }
  endOverdue(state);
  reclaim(model, time.now);
  expireDeadlines(model, time.now);
  while (runPlanSteps(state));
  changed(state);
}

/** When the plane next has something to do by itself, after now; undefined when nothing. */
export function nextDue(
  state: PlaneState,
): { at: number; question: string | undefined } | undefined {
  const { model, time } = state;
  let next: { at: number; question: string | undefined } | undefined;
  const due = (at: number | null, question?: string) => {
    if (at !== null && at > time.now && at < (next?.at ?? Infinity)) next = { at, question };
  };
  for (const step of model.steps.values()) {
    due(step.leaseUntil);
    if (step.leaseUntil !== null) due(overdueAt(state, step.id, step.epoch));
    if (step.status === "queued" && step.holds === 0) {
      due(step.runAt);
      due(step.deadlineAt);
    }
  }
  for (const wait of model.waits) {
    if (wait.status === "open" && model.steps.get(wait.stepId)?.status === "queued")
      due(wait.dueAt);
  }
  for (const [id, question] of state.questions) {
    if (isOpen(state, id)) due(question.expiresAt, question.name);
  }
  return next;
}

export function isOpen({ model }: PlaneState, approvalId: string): boolean {
  const approval = model.approvals.get(approvalId);
  if (approval === undefined) return false;
  const state = {
    requesterUserId: null,
    argumentsDigest: "",
    overdue: true,
    status: approval.status,
  };
  return transitionApproval(state, { type: "expire" }).ok;
}

/** When an attempt has taken as long as it may. */
function overdueAt({ model }: PlaneState, stepId: string, epoch: number): number | null {
  const step = model.steps.get(stepId);
  const attempt = attemptOf(model, stepId, epoch);
  const { timeoutSeconds } = (step?.arguments ?? {}) as { timeoutSeconds?: number };
  if (attempt === undefined || timeoutSeconds === undefined) return null;
  return attempt.claimedAt + timeoutSeconds * 1_000;
}

/** Fails what is held for longer than its own time allows, each tried again or not as `timeout` says. */
function endOverdue(state: PlaneState): void {
  const { model, time } = state;
  for (const step of model.steps.values()) {
    const at = step.leaseUntil === null ? null : overdueAt(state, step.id, step.epoch);
    if (at === null || at > time.now || (step.leaseUntil ?? 0) <= time.now) continue;
    const { failures, maxFailures, crashes, maxCrashes } = step;
    const counts = { failures: failures + 1, maxFailures, crashes, maxCrashes };
    const decision = decideRetry({ code: "timeout", ...counts, random: state.random() });
    const error = { code: "timeout", message: "The agent took longer than it may." } as const;
    const retryMs = decision.action === "retry" ? decision.delayMs : undefined;
    const { id: stepId, epoch } = step;
    settle(model, AGENT, [{ stepId, epoch, outcome: "failed", error, retryMs }], time.now);
  }
}
