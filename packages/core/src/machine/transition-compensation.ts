import type { UndoStatus } from "../vocabulary/index.ts";

/**
 * The life of one entry of the undo register: how to take one effect back, and what became of that.
 *
 * # registered
 * Entered in the statement that stores the effect: the success of a step, or a checkpoint. Entered again when its undo was
 * cancelled because another undo that it builds on failed.
 *
 * # undoing
 * Its undo step is one of the steps of the run.
 *
 * # undone
 * Terminal: the undo step succeeded, or a person says, with evidence, that it is done.
 *
 * # failed
 * The undo step failed for good. People redrive it, mark it done, or accept the loss.
 *
 * # accepted
 * Terminal: two people live with the effect.
 */
export const COMPENSATION_TRANSITIONS = [
  { from: ["registered", "failed"], event: "begin", to: "undoing" },
  { from: ["undoing", "failed", "registered"], event: "succeed", to: "undone" },
  { from: ["undoing", "failed", "registered"], event: "fail", to: "failed" },
  { from: ["undoing", "failed", "registered"], event: "stop", to: "registered" },
  { from: ["failed", "registered"], event: "mark_done", to: "undone" },
  { from: ["failed", "registered"], event: "accept", to: "accepted" },
] as const satisfies readonly {
  from: readonly UndoStatus[];
  event: CompensationEvent;
  to: UndoStatus;
}[];

/**
 * `succeed`, `fail`, `stop`: its undo step did, or was cancelled; also that of a later run, which finds it failed or
 * registered. The rest is said by people.
 */
export type CompensationEvent = "begin" | "succeed" | "fail" | "stop" | "mark_done" | "accept";

export type CompensationResult =
  | { readonly ok: true; readonly next: UndoStatus }
  | { readonly ok: false; readonly code: "conflict" };

export function transitionCompensation(
  status: UndoStatus,
  event: CompensationEvent,
): CompensationResult {
  const row = COMPENSATION_TRANSITIONS.find(
    (one) => one.event === event && (one.from as readonly string[]).includes(status),
  );
  return row === undefined ? { ok: false, code: "conflict" } : { ok: true, next: row.to };
}
