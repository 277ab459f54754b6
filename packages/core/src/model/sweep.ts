import { finish } from "./finish.ts";
import { meetWaits } from "./meet-waits.ts";
import { moveStep } from "./move-step.ts";
import { reclaim } from "./reclaim.ts";
import { stepOf } from "./rows.ts";
import type { EngineModel } from "./state.ts";

/** Wakes steps whose timers are due. Answers how many waits were met. */
export function wakeTimers(model: EngineModel, now: number): number {
  const due = model.waits.filter(
    (one) => one.status === "open" && one.kind === "timer" && (one.dueAt ?? 0) <= now,
  );
  return meetWaits(
    model,
    due.map((one) => ({ waitId: one.id, payload: null, source: null })),
    now,
  ).length;
}

/** Ends queued steps whose time is over, while nothing holds them. */
export function expireDeadlines(model: EngineModel, now: number): string[] {
  const late = [...model.steps.values()].filter((step) => {
    const event = { type: "expire", late: (step.deadlineAt ?? Infinity) <= now } as const;
    const error = { code: "deadline_exceeded", ...step.error, pastDeadline: true } as const;
    return moveStep(model, step, event, { now, error }) === null;
  });
  const ids = late.map((step) => step.id);
  finish(model, [], ids, now);
  return ids;
}

/** Ends queued steps that no worker has code for; the caller says which handlers are known. */
export function strandSteps(
  model: EngineModel,
  known: readonly string[],
  queuedBefore: number,
  now: number,
): string[] {
  const ids: string[] = [];
  for (const step of model.steps.values()) {
    if (step.runAt > queuedBefore || step.executor !== "worker") continue;
    const event = { type: "strand", known: known.includes(step.handler) } as const;
    const error = { code: "unknown_handler" } as const;
    if (moveStep(model, step, event, { now, error }) === null) ids.push(step.id);
  }
  finish(model, [], ids, now);
  return ids;
}

/** One round of the sweeper: timers, lost leases, deadlines. */
export function sweep(model: EngineModel, now: number): void {
  wakeTimers(model, now);
  reclaim(model, now);
  expireDeadlines(model, now);
}

/** Whether anything of the model can move without people: a lease, a due time, a timer or something claimable. */
export function nextDue(model: EngineModel): number | null {
  const times = [...model.steps.values()].flatMap((step) => [
    ...(step.leaseUntil === null ? [] : [step.leaseUntil]),
    ...(step.status === "queued" && step.holds === 0 ? [step.runAt] : []),
  ]);
  for (const one of model.waits)
    if (
      one.status === "open" &&
      one.dueAt !== null &&
      stepOf(model, one.stepId).status === "queued"
    )
      times.push(one.dueAt);
  return times.length === 0 ? null : Math.min(...times);
}
