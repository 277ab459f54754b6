import {
  isTerminalRun,
  type CompensationStatus,
  type EventType,
  type RunStatus,
} from "../vocabulary/index.ts";

/**
 * The life of a run. It moves only with its steps.
 *
 * # queued
 * Entered when the run and all its steps are made, in one transaction. Left when the first step is claimed; or at once for
 * an end, when its steps end without ever being claimed.
 *
 * # running
 * Left when the last step has ended. If a step failed or was cancelled and there is something to take back, the run stays
 * running under compensation until the last undo step has ended, and then ends as it would have ended without.
 *
 * # succeeded
 * Terminal: every step succeeded.
 *
 * # failed
 * Terminal: at least one step failed for good. The steps behind it are cancelled, the others were let finish.
 *
 * # cancelled
 * Terminal: no step failed, and at least one was cancelled.
 */
export const RUN_TRANSITIONS = [
  { from: ["queued"], event: "claimed", to: "running", guard: "always", tell: "run.started" },
  { from: ["running"], event: "claimed", to: "running", guard: "always", tell: null },
  { from: ["queued", "running"], event: "ended", to: "same", guard: "steps_left", tell: null },
  {
    from: ["queued", "running"],
    event: "ended",
    to: "running",
    guard: "undo_due",
    tell: "run.compensating",
  },
  {
    from: ["queued", "running"],
    event: "ended",
    to: "failed",
    guard: "some_failed",
    tell: "run.failed",
  },
  {
    from: ["queued", "running"],
    event: "ended",
    to: "cancelled",
    guard: "some_cancelled",
    tell: "run.cancelled",
  },
  {
    from: ["queued", "running"],
    event: "ended",
    to: "succeeded",
    guard: "always",
    tell: "run.succeeded",
  },
] as const satisfies readonly RunTransition[];

interface RunTransition {
  readonly from: readonly RunStatus[];
  readonly event: RunEvent["type"];
  readonly to: RunStatus | "same";
  readonly guard: RunGuard;
  readonly tell: EventType | null;
}

type RunGuard = "always" | "steps_left" | "undo_due" | "some_failed" | "some_cancelled";

/** How many of a run's steps stand where. Steps that other steps spawned, and undo steps, count as left only. */
export interface RunState {
  readonly status: RunStatus;
  readonly left: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly compensation: CompensationStatus;
}

/**
 * `claimed`: a step was. `ended`: steps reached a terminal status; `left` of them are off the count, and so many of the plan's
 * own failed or were cancelled.
 */
export type RunEvent =
  | { readonly type: "claimed" }
  | {
      readonly type: "ended";
      readonly succeeded?: number;
      readonly failed?: number;
      readonly cancelled?: number;
      /** Others: spawned steps and undo steps, however they ended. */
      readonly others?: number;
      /** How many effects may be taken back: 0 after a pivot, or where undoing was not wanted. */
      readonly undoable?: number;
      /** Of a run under compensation: whether every effect is undone or its loss accepted. */
      readonly undone?: boolean;
    };

export type RunResult =
  | { readonly ok: true; readonly next: RunState; readonly tell: EventType | null }
  | { readonly ok: false; readonly code: "run_finished" | "conflict" };

type Ended = Extract<RunEvent, { type: "ended" }>;

/** The next state of a run. `conflict`: more steps ended than were left, which only a wrong count can bring about. */
export function transitionRun(state: RunState, event: RunEvent): RunResult {
  if (isTerminalRun(state.status)) return { ok: false, code: "run_finished" };
  const counted = event.type === "ended" ? countDown(state, event) : state;
  if (counted.left < 0) return { ok: false, code: "conflict" };
  const undoable = event.type === "ended" ? (event.undoable ?? 0) : 0;
  const row = RUN_TRANSITIONS.find(
    (one) =>
      one.event === event.type &&
      (one.from as readonly string[]).includes(state.status) &&
      GUARDS[one.guard](counted, undoable),
  );
  if (row === undefined) return { ok: false, code: "conflict" };
  const status = row.to === "same" ? state.status : row.to;
  if (row.guard === "undo_due") {
    const next = { ...counted, status, left: undoable, compensation: "running" } as const;
    return { ok: true, next, tell: row.tell };
  }
  const compensation = isTerminalRun(status)
    ? endOfCompensation(state, event as Ended)
    : state.compensation;
  return { ok: true, next: { ...counted, status, compensation }, tell: row.tell };
}

function endOfCompensation(state: RunState, event: Ended): CompensationStatus {
  if (state.compensation !== "running") return state.compensation;
  return event.undone === true ? "done" : "failed";
}

function countDown(
  state: RunState,
  { succeeded = 0, failed = 0, cancelled = 0, others = 0 }: Ended,
): RunState {
  return {
    ...state,
    left: state.left - succeeded - failed - cancelled - others,
    failed: state.failed + failed,
    cancelled: state.cancelled + cancelled,
  };
}

const GUARDS: Record<RunGuard, (state: RunState, undoable: number) => boolean> = {
  always: () => true,
  steps_left: (state) => state.left > 0,
  undo_due: (state, undoable) =>
    undoable > 0 && state.compensation === "none" && state.failed + state.cancelled > 0,
  some_failed: (state) => state.failed > 0,
  some_cancelled: (state) => state.cancelled > 0,
};
