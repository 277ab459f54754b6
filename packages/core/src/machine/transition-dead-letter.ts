import type { DeadLetterStatus } from "../vocabulary/index.ts";

/**
 * The life of a dead letter: a step that failed for a reason that somebody has to look at.
 *
 * # new
 * Entered in the transaction that fails the step; again when a redrive fails.
 *
 * # triaged
 * A person has looked at it.
 *
 * # redriving
 * A new run repeats the step. Whoever redrives it at the same time is refused.
 *
 * # resolved
 * Terminal: the step succeeded in the new run, or a person says, with evidence, that it is done or that the loss is accepted.
 *
 * # discarded
 * Terminal: a person says that it is not worth it.
 */
export const DEAD_LETTER_TRANSITIONS = [
  { from: ["new", "triaged"], event: "triage", to: "triaged" },
  { from: ["new", "triaged"], event: "redrive", to: "redriving" },
  { from: ["redriving"], event: "succeed", to: "resolved" },
  { from: ["redriving"], event: "fail", to: "new" },
  { from: ["new", "triaged"], event: "resolve", to: "resolved" },
  { from: ["new", "triaged"], event: "discard", to: "discarded" },
] as const satisfies readonly {
  from: readonly DeadLetterStatus[];
  event: DeadLetterEvent;
  to: DeadLetterStatus;
}[];

/** `succeed`, `fail`: the step did in the run that redrives it. The rest is said by people. */
export type DeadLetterEvent = "triage" | "redrive" | "succeed" | "fail" | "resolve" | "discard";

export type DeadLetterResult =
  | { readonly ok: true; readonly next: DeadLetterStatus }
  | { readonly ok: false; readonly code: "conflict" };

export function transitionDeadLetter(
  status: DeadLetterStatus,
  event: DeadLetterEvent,
): DeadLetterResult {
  const row = DEAD_LETTER_TRANSITIONS.find(
    (one) => one.event === event && (one.from as readonly string[]).includes(status),
  );
  return row === undefined ? { ok: false, code: "conflict" } : { ok: true, next: row.to };
}
