import type { ErrorCode } from "../errors/index.ts";
import {
  HOLD_BITS,
  holdMask,
  isTerminalStep,
  type Hold,
  type StepStatus,
} from "../vocabulary/index.ts";
import {
  FENCED_EVENTS,
  STEP_TRANSITIONS,
  type StepChanges,
  type StepEffect,
  type StepEventName,
  type StepGuard,
} from "./step-transitions.ts";

/** What decides about a step's next move. */
export interface StepState {
  readonly status: StepStatus;
  /** Bit mask of holds. */
  readonly holds: number;
  readonly epoch: number;
  readonly failures: number;
  readonly maxFailures: number;
  readonly crashes: number;
  readonly maxCrashes: number;
  readonly cancelRequested: boolean;
}

interface Fence {
  readonly epoch: number;
  /** Whether the lease still runs, by the database's clock. */
  readonly leaseRuns: boolean;
}

/** What happens to a step. Facts that need a clock or a decision come along. */
export type StepEvent =
  | { readonly type: "claim"; readonly due: boolean }
  | ({ readonly type: "start" | "heartbeat" | "complete" | "release" } & Fence)
  /** `retry` is what `decideRetry` says; `inTime`: the next attempt would begin before the deadline. */
  | ({ readonly type: "fail"; readonly retry: boolean; readonly inTime: boolean } & Fence)
  | ({ readonly type: "suspend"; readonly holds: readonly Hold[] } & Fence)
  | { readonly type: "lapse"; readonly leaseRuns: boolean }
  /** Of a run: nothing begins while it is paused. */
  | { readonly type: "pause" | "resume" }
  /** The last step that it needs has ended well. */
  | { readonly type: "free" }
  /** What it waited for is there, or people said yes. */
  | { readonly type: "wake"; readonly holds: readonly Hold[] }
  /** `late`: the deadline is over. */
  | { readonly type: "expire"; readonly late: boolean }
  /** `known`: a live worker has, or had lately, code for it. */
  | { readonly type: "strand"; readonly known: boolean }
  | { readonly type: "cancel" | "deny" | "abandon" };

export type StepRefusal =
  | "finished"
  | "not_leased"
  | "stale_epoch"
  | "lease_lapsed"
  | "lease_still_runs"
  | "held"
  | "not_due"
  | "no_cancel_requested"
  | "no_approval_awaited"
  | "not_late"
  | "handler_known"
  | "wrong_status";

export type StepResult =
  | { readonly ok: true; readonly next: StepState; readonly effects: readonly StepEffect[] }
  | { readonly ok: false; readonly code: StepRefusal };

/** What the one who is refused gets to hear. */
export const REFUSAL_ERROR: Record<StepRefusal, ErrorCode> = {
  finished: "conflict",
  not_leased: "lease_lost",
  stale_epoch: "lease_lost",
  lease_lapsed: "lease_lost",
  lease_still_runs: "conflict",
  held: "conflict",
  not_due: "conflict",
  no_cancel_requested: "conflict",
  no_approval_awaited: "conflict",
  not_late: "conflict",
  handler_known: "conflict",
  wrong_status: "conflict",
};

/** The next state of a step and what is to be done about it; or why it may not move. Nothing is carried out here. */
export function transitionStep(state: StepState, event: StepEvent): StepResult {
  const rows = STEP_TRANSITIONS.filter(
    (row) => row.event === event.type && row.from.includes(state.status),
  );
  let refusal: StepRefusal | undefined;
  for (const row of rows) {
    const failed = row.guards.find((guard) => !GUARDS[guard].holds(state, event));
    if (failed === undefined) {
      const status = row.to === "same" ? state.status : row.to;
      return {
        ok: true,
        next: changed(state, status, row.changes ?? {}, event),
        effects: row.effects,
      };
    }
    refusal ??= GUARDS[failed].refusal;
  }
  return { ok: false, code: refusal ?? refusalWithoutRow(state, event.type) };
}

const IMPLIED_HOLD: Partial<Record<StepEventName, number>> = {
  pause: HOLD_BITS.paused,
  resume: HOLD_BITS.paused,
  free: HOLD_BITS.dependency,
};

function changed(
  state: StepState,
  status: StepStatus,
  changes: StepChanges,
  event: StepEvent,
): StepState {
  const bit = "holds" in event ? holdMask(event.holds) : (IMPLIED_HOLD[event.type] ?? 0);
  return {
    ...state,
    status,
    epoch: state.epoch + (changes.epoch === "raise" ? 1 : 0),
    failures: state.failures + (changes.failures === "count" ? 1 : 0),
    crashes: state.crashes + (changes.crashes === "count" ? 1 : 0),
    holds:
      changes.holds === "clear"
        ? state.holds & ~bit
        : changes.holds === "set"
          ? state.holds | bit
          : state.holds,
    cancelRequested: state.cancelRequested || changes.cancelRequested === "set",
  };
}

function refusalWithoutRow(state: StepState, event: StepEventName): StepRefusal {
  if ((FENCED_EVENTS as readonly string[]).includes(event)) return "not_leased";
  return isTerminalStep(state.status) ? "finished" : "wrong_status";
}

interface Guard {
  readonly refusal: StepRefusal;
  holds(state: StepState, event: StepEvent): boolean;
}

const leaseRuns = (event: StepEvent) => "leaseRuns" in event && event.leaseRuns;

const GUARDS: Record<StepGuard, Guard> = {
  no_holds: { refusal: "held", holds: (state) => state.holds === 0 },
  due: { refusal: "not_due", holds: (_, event) => event.type === "claim" && event.due },
  same_epoch: {
    refusal: "stale_epoch",
    holds: (state, event) => "epoch" in event && event.epoch === state.epoch,
  },
  lease_runs: { refusal: "lease_lapsed", holds: (_, event) => leaseRuns(event) },
  lease_ran_out: { refusal: "lease_still_runs", holds: (_, event) => !leaseRuns(event) },
  may_retry: {
    refusal: "wrong_status",
    holds: (state, event) =>
      event.type === "fail" && event.retry && state.failures + 1 < state.maxFailures,
  },
  in_time: {
    refusal: "wrong_status",
    holds: (_, event) => event.type === "fail" && event.inTime,
  },
  past_deadline: {
    refusal: "not_late",
    holds: (_, event) => event.type === "expire" && event.late,
  },
  handler_unknown: {
    refusal: "handler_known",
    holds: (_, event) => event.type === "strand" && !event.known,
  },
  crashes_left: { refusal: "wrong_status", holds: (state) => state.crashes + 1 < state.maxCrashes },
  cancel_requested: { refusal: "no_cancel_requested", holds: (state) => state.cancelRequested },
  approval_held: {
    refusal: "no_approval_awaited",
    holds: (state) => (state.holds & HOLD_BITS.approval) !== 0,
  },
};
