import { decideRetry, type StepEvent } from "../machine/index.ts";
import { isTerminalStep, type StepStatus } from "../vocabulary/index.ts";
import { finish } from "./finish.ts";
import { moveStep } from "./move-step.ts";
import {
  attemptOf,
  leaseRuns,
  type ModelClaim,
  type ModelExecutor,
  nextId,
  runOf,
  tell,
} from "./rows.ts";
import type { EngineModel, ModelError, ModelStep, ModelUndo } from "./state.ts";

/** How one claim ends. `retryMs` asks for another try after that time, while the step's budget lasts. */
export type ModelSettlement = ModelClaim & { readonly dependency?: string | undefined } & (
    | { readonly outcome: "succeeded"; readonly output?: unknown }
    | {
        readonly outcome: "failed";
        readonly error: ModelError;
        readonly retryMs?: number | undefined;
      }
    | { readonly outcome: "released" }
  );

export interface Settled {
  readonly stepId: string;
  readonly epoch: number;
  readonly result: "settled" | "stale";
  readonly status: StepStatus | null;
  /** Of what is stale. `conflict` must never be seen. */
  readonly reason: "lost" | "conflict" | null;
}

const SLOWED_MS = 60_000;
const TOKENS = { most: 10, perSuccess: 0.1 };

/** Ends claims: what is still owned settles, the rest is reported stale and changes nothing. */
export function settle(
  model: EngineModel,
  by: ModelExecutor,
  settlements: readonly ModelSettlement[],
  now: number,
): Settled[] {
  const succeeded: string[] = [];
  const ended: string[] = [];
  for (const settlement of settlements) {
    const step = model.steps.get(settlement.stepId);
    if (step === undefined || !owns(by, step)) continue;
    const slowed =
      leaseRuns(step, now) && step.epoch === settlement.epoch && slow(model, step, settlement);
    if (settleOne(model, step, settlement, slowed, now) !== null) continue;
    if (step.status === "succeeded") succeeded.push(step.id);
    else if (isTerminalStep(step.status)) ended.push(step.id);
  }
  finish(model, succeeded, ended, now);
  return settlements.map((settlement) => answer(model, by, settlement, now));
}

/** Ends a claim as failed, as `decideRetry` says: `random` is a number in [0, 1). */
export function fail(
  model: EngineModel,
  by: ModelExecutor,
  claim: ModelClaim & { readonly error: ModelError; readonly retryAfterMs?: number },
  random: number,
  now: number,
): Settled[] {
  const step = model.steps.get(claim.stepId);
  const decision = decideRetry({
    code: claim.error.code,
    failures: (step?.failures ?? 0) + 1,
    maxFailures: step?.maxFailures ?? 1,
    crashes: step?.crashes ?? 0,
    maxCrashes: step?.maxCrashes ?? 1,
    random,
    ...(claim.retryAfterMs === undefined ? {} : { retryAfterMs: claim.retryAfterMs }),
  });
  const retryMs = decision.action === "retry" ? decision.delayMs : undefined;
  const { stepId, epoch, error } = claim;
  return settle(model, by, [{ stepId, epoch, outcome: "failed", error, retryMs }], now);
}

function owns(by: ModelExecutor, step: ModelStep): boolean {
  return step.leaseOwner === by.owner && (by.tenantId === null || by.tenantId === step.tenantId);
}

function settleOne(
  model: EngineModel,
  step: ModelStep,
  settlement: ModelSettlement,
  slowed: boolean,
  now: number,
) {
  const event = eventOf(step, settlement, now);
  const error = settlement.outcome === "failed" ? settlement.error : undefined;
  const late = event.type === "fail" && event.retry && !event.inTime;
  const overBudget = step.failures + 1 >= step.maxFailures;
  const refusal = moveStep(model, step, event, {
    now,
    output: settlement.outcome === "succeeded" ? (settlement.output ?? null) : undefined,
    delayMs: Math.max(
      settlement.outcome === "failed" ? (settlement.retryMs ?? 0) : 0,
      slowed ? SLOWED_MS : 0,
    ),
    error:
      error === undefined
        ? undefined
        : late && !overBudget
          ? { ...error, pastDeadline: true }
          : error,
  });
  if (refusal === null && step.status === "succeeded" && step.undo !== null)
    registerUndo(model, step, "", step.undo);
  return refusal;
}

function eventOf(step: ModelStep, settlement: ModelSettlement, now: number): StepEvent {
  const fence = { epoch: settlement.epoch, leaseRuns: leaseRuns(step, now) };
  switch (settlement.outcome) {
    case "succeeded":
      return { type: "complete", ...fence };
    case "released":
      return { type: "release", ...fence };
    case "failed": {
      const { retryMs } = settlement;
      const inTime =
        retryMs === undefined || step.deadlineAt === null || now + retryMs <= step.deadlineAt;
      return { type: "fail", retry: retryMs !== undefined, inTime, ...fence };
    }
  }
}

/** Writes down how to take back what a step has just done, once by name. What undoing does is not undone. */
export function registerUndo(
  model: EngineModel,
  step: ModelStep,
  name: string,
  undo: ModelUndo,
): void {
  if (step.undoOf !== null || runOf(model, step.runId).compensation !== "none") return;
  if (model.compensations.some((one) => one.stepId === step.id && one.name === name)) return;
  const id = nextId(model, "compensation");
  model.compensations.push({
    id,
    runId: step.runId,
    stepId: step.id,
    name,
    kind: undo.kind,
    arguments: undo.with,
    seq: model.seq,
    status: "registered",
    undoStep: null,
  });
}

/** Retry budgets: whether this retry found no token and waits longer. */
function slow(model: EngineModel, step: ModelStep, settlement: ModelSettlement): boolean {
  const { dependency } = settlement;
  const retries = settlement.outcome === "failed" && settlement.retryMs !== undefined;
  if (dependency === undefined || (settlement.outcome !== "succeeded" && !retries)) return false;
  const key = `${step.tenantId} ${dependency}`;
  const tokens = model.retryTokens.get(key) ?? TOKENS.most;
  if (retries && tokens < 1) return true;
  const left = retries ? tokens - 1 : Math.min(TOKENS.most, tokens + TOKENS.perSuccess);
  model.retryTokens.set(key, Math.round(left * 100) / 100);
  return false;
}

/** What the caller hears: settled, also when it was settled before; else stale, which is noted on the attempt once. */
function answer(
  model: EngineModel,
  by: ModelExecutor,
  settlement: ModelSettlement,
  now: number,
): Settled {
  const { stepId, epoch, outcome } = settlement;
  const attempt = attemptOf(model, stepId, epoch);
  const step = model.steps.get(stepId);
  const mine =
    attempt !== undefined &&
    attempt.executor === by.owner &&
    (by.tenantId === null || by.tenantId === step?.tenantId);
  if (!mine || step === undefined) {
    return { stepId, epoch, result: "stale", status: null, reason: "lost" };
  }
  if (attempt.outcome === outcome) {
    return { stepId, epoch, result: "settled", status: step.status, reason: null };
  }
  if (attempt.refusedOutcome === null) {
    attempt.refusedOutcome = outcome;
    tell(model, "step.refused", { runId: step.runId, stepId }, now);
  }
  const held = step.epoch === epoch && step.leaseOwner === by.owner && leaseRuns(step, now);
  return {
    stepId,
    epoch,
    result: "stale",
    status: step.status,
    reason: held ? "conflict" : "lost",
  };
}
