import type { AttemptOutcome, EventType, StepStatus } from "../vocabulary/index.ts";

/**
 * The life of a step. This table is the specification: it drives `transitionStep`, the model that the database functions
 * are tested against, and the documents. The functions in schema `engine` enforce the same.
 *
 * A step has a status, a set of holds, a fencing epoch, and two counts: failures (an executor said that it failed) and
 * crashes (an executor vanished). An executor acts on a step only under the epoch of its own claim and while its lease
 * runs, by the database's clock; all else is refused and changes nothing.
 *
 * # queued
 * Entered when its run is made, and whenever an attempt ends without ending the step: a retry, a release, a wait, a lapse.
 * It is claimable when it has no hold, is due, and its deadline is not over. Each hold is set and cleared on its own; it is due at once
 * when what it needed or waited for is there. Waiting uses no attempt and no executor.
 * Left by a claim; by people saying no to it (failed); by its deadline, while nothing holds it (failed); when no worker
 * has code for it (failed); when something it needs did not succeed, or when it is cancelled (cancelled, at once:
 * nobody holds it). What wakes a step that waited moves its deadline by the time it was held.
 *
 * # assigned
 * Entered by a claim, which raises the epoch; nothing else does. One attempt is open. The executor may not have begun.
 * Left for running by the first sign of life; otherwise like running.
 *
 * # running
 * Entered by start or the first heartbeat. A fast step may never be seen in it: settling goes from assigned too, and
 * records both edges on the attempt. Holds set now take effect when the step is queued again.
 * Left by complete (succeeded); by fail (queued after a delay while failures, error class and deadline allow, else failed); by release
 * and suspend (queued, nothing counted); by a lapse of the lease (queued, a crash counted; after the last one, failed as
 * poison). A cancel is noted, and the executor hears of it with its next heartbeat: it stops, or its next word ends the
 * step as cancelled; work that is complete by then counts as complete.
 *
 * # succeeded
 * Terminal. Frees its dependants in the same statement.
 *
 * # failed
 * Terminal. Whatever needs it, directly or through others, is cancelled in the same statement.
 *
 * # cancelled
 * Terminal. As failed.
 */
export const STEP_TRANSITIONS: readonly StepTransition[] = [
  {
    from: ["queued"],
    event: "claim",
    to: "assigned",
    guards: ["no_holds", "due"],
    changes: { epoch: "raise" },
    effects: [
      { do: "begin_lease" },
      { do: "open_attempt" },
      { do: "tell", event: "steps.claimed" },
    ],
  },
  {
    from: ["assigned"],
    event: "start",
    to: "running",
    guards: ["same_epoch", "lease_runs"],
    effects: [{ do: "mark_started" }, { do: "tell", event: "steps.started" }],
  },
  {
    // A heartbeat was faster.
    from: ["running"],
    event: "start",
    to: "running",
    guards: ["same_epoch", "lease_runs"],
    effects: [],
  },
  {
    from: ["assigned"],
    event: "heartbeat",
    to: "running",
    guards: ["same_epoch", "lease_runs"],
    effects: [
      { do: "extend_lease" },
      { do: "mark_started" },
      { do: "tell", event: "steps.started" },
    ],
  },
  {
    from: ["running"],
    event: "heartbeat",
    to: "running",
    guards: ["same_epoch", "lease_runs"],
    effects: [{ do: "extend_lease" }],
  },
  {
    from: ["assigned", "running"],
    event: "complete",
    to: "succeeded",
    guards: ["same_epoch", "lease_runs"],
    effects: [
      { do: "end_lease" },
      { do: "close_attempt", outcome: "succeeded" },
      { do: "finalise" },
      { do: "free_dependants" },
      { do: "tell", event: "steps.settled" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "fail",
    to: "cancelled",
    guards: ["same_epoch", "lease_runs", "cancel_requested"],
    changes: { failures: "count" },
    effects: ended("failed", "steps.settled"),
  },
  {
    from: ["assigned", "running"],
    event: "fail",
    to: "queued",
    guards: ["same_epoch", "lease_runs", "may_retry", "in_time"],
    changes: { failures: "count" },
    effects: [
      { do: "end_lease" },
      { do: "close_attempt", outcome: "failed" },
      { do: "delay" },
      { do: "tell", event: "steps.settled" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "fail",
    to: "failed",
    guards: ["same_epoch", "lease_runs"],
    changes: { failures: "count" },
    effects: ended("failed", "steps.settled"),
  },
  {
    from: ["assigned", "running"],
    event: "release",
    to: "cancelled",
    guards: ["same_epoch", "lease_runs", "cancel_requested"],
    effects: ended("released", "steps.settled"),
  },
  {
    from: ["assigned", "running"],
    event: "release",
    to: "queued",
    guards: ["same_epoch", "lease_runs"],
    effects: [
      { do: "end_lease" },
      { do: "close_attempt", outcome: "released" },
      { do: "tell", event: "steps.settled" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "suspend",
    to: "cancelled",
    guards: ["same_epoch", "lease_runs", "cancel_requested"],
    effects: ended("cancelled", "steps.settled"),
  },
  {
    from: ["assigned", "running"],
    event: "suspend",
    to: "queued",
    guards: ["same_epoch", "lease_runs"],
    changes: { holds: "set" },
    effects: [
      { do: "end_lease" },
      { do: "close_attempt", outcome: "suspended" },
      { do: "tell", event: "step.held" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "lapse",
    to: "cancelled",
    guards: ["lease_ran_out", "cancel_requested"],
    changes: { crashes: "count" },
    effects: ended("lost", "steps.reclaimed"),
  },
  {
    from: ["assigned", "running"],
    event: "lapse",
    to: "queued",
    guards: ["lease_ran_out", "crashes_left"],
    changes: { crashes: "count" },
    effects: [
      { do: "end_lease" },
      { do: "close_attempt", outcome: "lost" },
      { do: "make_due" },
      { do: "tell", event: "steps.reclaimed" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "lapse",
    to: "failed",
    guards: ["lease_ran_out"],
    changes: { crashes: "count" },
    effects: ended("lost", "steps.reclaimed"),
  },
  {
    from: ["queued", "assigned", "running"],
    event: "pause",
    to: "same",
    guards: [],
    changes: { holds: "set" },
    effects: [],
  },
  {
    // A retry that was not due stays as far off as it was.
    from: ["queued", "assigned", "running"],
    event: "resume",
    to: "same",
    guards: [],
    changes: { holds: "clear" },
    effects: [{ do: "move_deadline" }],
  },
  {
    from: ["queued"],
    event: "free",
    to: "queued",
    guards: [],
    changes: { holds: "clear" },
    effects: [{ do: "make_due" }],
  },
  {
    from: ["queued"],
    event: "wake",
    to: "queued",
    guards: [],
    changes: { holds: "clear" },
    effects: [{ do: "make_due" }, { do: "move_deadline" }],
  },
  {
    from: ["queued"],
    event: "cancel",
    to: "cancelled",
    guards: [],
    effects: [
      { do: "finalise" },
      { do: "cancel_dependants" },
      { do: "tell", event: "step.cancelled" },
    ],
  },
  {
    from: ["assigned", "running"],
    event: "cancel",
    to: "same",
    guards: [],
    changes: { cancelRequested: "set" },
    effects: [],
  },
  {
    from: ["queued"],
    event: "deny",
    to: "failed",
    guards: ["approval_held"],
    effects: endedQueued(),
  },
  {
    from: ["queued"],
    event: "expire",
    to: "cancelled",
    guards: ["no_holds", "past_deadline", "cancel_requested"],
    effects: endedQueued(),
  },
  {
    from: ["queued"],
    event: "expire",
    to: "failed",
    guards: ["no_holds", "past_deadline"],
    effects: endedQueued(),
  },
  {
    from: ["queued"],
    event: "strand",
    to: "cancelled",
    guards: ["no_holds", "handler_unknown", "cancel_requested"],
    effects: endedQueued(),
  },
  {
    from: ["queued"],
    event: "strand",
    to: "failed",
    guards: ["no_holds", "handler_unknown"],
    effects: endedQueued(),
  },
  {
    from: ["queued"],
    event: "abandon",
    to: "cancelled",
    guards: [],
    effects: [{ do: "finalise" }, { do: "tell", event: "step.cancelled" }],
  },
  {
    // What was spawned by a step that has ended.
    from: ["assigned", "running"],
    event: "abandon",
    to: "same",
    guards: [],
    changes: { cancelRequested: "set" },
    effects: [],
  },
];

/** An attempt ends and the step with it, without success. */
function ended(outcome: AttemptOutcome, event: EventType): readonly StepEffect[] {
  return [
    { do: "end_lease" },
    { do: "close_attempt", outcome },
    { do: "finalise" },
    { do: "cancel_dependants" },
    { do: "tell", event },
  ];
}

/** A step ends that nobody holds. */
function endedQueued(): readonly StepEffect[] {
  return [{ do: "finalise" }, { do: "cancel_dependants" }, { do: "tell", event: "steps.settled" }];
}

export interface StepTransition {
  readonly from: readonly StepStatus[];
  readonly event: StepEventName;
  readonly to: StepStatus | "same";
  /** All must hold. Of several rows for one status and event, the first whose guards hold is taken. */
  readonly guards: readonly StepGuard[];
  readonly changes?: StepChanges;
  readonly effects: readonly StepEffect[];
}

export type StepEventName =
  | "claim"
  | "start"
  | "heartbeat"
  | "complete"
  | "fail"
  | "release"
  | "suspend"
  | "lapse"
  | "pause"
  | "resume"
  | "free"
  | "wake"
  | "cancel"
  | "deny"
  | "expire"
  | "strand"
  | "abandon";

/** Events that only the holder of the lease may cause: each carries its epoch. */
export const FENCED_EVENTS = [
  "start",
  "heartbeat",
  "complete",
  "fail",
  "release",
  "suspend",
] as const satisfies readonly StepEventName[];

export type StepGuard =
  | "no_holds"
  | "due"
  | "same_epoch"
  | "lease_runs"
  | "lease_ran_out"
  | "may_retry"
  | "in_time"
  | "past_deadline"
  | "handler_unknown"
  | "crashes_left"
  | "cancel_requested"
  | "approval_held";

export interface StepChanges {
  readonly epoch?: "raise";
  readonly failures?: "count";
  readonly crashes?: "count";
  readonly holds?: "set" | "clear";
  readonly cancelRequested?: "set";
}

/** What the writer of the transition does with it, in the same transaction. */
export type StepEffect =
  | { readonly do: "begin_lease" | "extend_lease" | "end_lease" }
  | { readonly do: "open_attempt" | "mark_started" }
  | { readonly do: "close_attempt"; readonly outcome: AttemptOutcome }
  | { readonly do: "delay" | "make_due" | "move_deadline" }
  | { readonly do: "finalise" | "free_dependants" | "cancel_dependants" }
  | { readonly do: "tell"; readonly event: EventType };
