import { isTerminalRun, type EventType, type RunStatus } from "../vocabulary/index.ts";

/**
 * The life of a run. It moves only with its steps.
 *
 * # queued
 * Entered when the run and all its steps are made, in one transaction. Left when the first step is claimed; or at once for
 * an end, when its steps end without ever being claimed.
 *
 * # running
 * Left when the last step has ended.
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

type RunGuard = "always" | "steps_left" | "some_failed" | "some_cancelled";

/** How many of a run's steps stand where. */
export interface RunState {
  readonly status: RunStatus;
  readonly left: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** `claimed`: a step was. `ended`: steps reached a terminal status, so many of them failed or cancelled. */
export type RunEvent =
  | { readonly type: "claimed" }
  | {
      readonly type: "ended";
      readonly succeeded?: number;
      readonly failed?: number;
      readonly cancelled?: number;
    };

export type RunResult =
  | { readonly ok: true; readonly next: RunState; readonly tell: EventType | null }
  | { readonly ok: false; readonly code: "run_finished" | "conflict" };

/** The next state of a run. `conflict`: more steps ended than were left, which only a wrong count can bring about. */
export function transitionRun(state: RunState, event: RunEvent): RunResult {
  if (isTerminalRun(state.status)) return { ok: false, code: "run_finished" };
  const counted = event.type === "ended" ? countDown(state, event) : state;
  if (counted.left < 0) return { ok: false, code: "conflict" };
  const row = RUN_TRANSITIONS.find(
    (one) =>
      one.event === event.type &&
      (one.from as readonly string[]).includes(state.status) &&
      GUARDS[one.guard](counted),
  );
  if (row === undefined) return { ok: false, code: "conflict" };
  const status = row.to === "same" ? state.status : row.to;
  return { ok: true, next: { ...counted, status }, tell: row.tell };
}

function countDown(
  state: RunState,
  { succeeded = 0, failed = 0, cancelled = 0 }: Extract<RunEvent, { type: "ended" }>,
): RunState {
  return {
    status: state.status,
    left: state.left - succeeded - failed - cancelled,
    failed: state.failed + failed,
    cancelled: state.cancelled + cancelled,
  };
}

const GUARDS: Record<RunGuard, (state: RunState) => boolean> = {
  always: () => true,
  steps_left: (state) => state.left > 0,
  some_failed: (state) => state.failed > 0,
  some_cancelled: (state) => state.cancelled > 0,
};
