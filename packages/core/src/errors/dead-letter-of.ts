import type { DeadLetterReason, DeadLetterStage } from "../vocabulary/index.ts";
import { STEP_ERROR_CLASS, StepErrorCode } from "./codes.ts";

export interface DeadLetterKind {
  readonly stage: DeadLetterStage;
  readonly reason: DeadLetterReason;
}

const OWN: Partial<Record<StepErrorCode, DeadLetterKind>> = {
  invalid_input: { stage: "input", reason: "invalid_input" },
  output_invalid: { stage: "commit", reason: "invalid_input" },
  unknown_handler: { stage: "claim", reason: "unknown_handler" },
  poison_crash: { stage: "execute", reason: "poison_crash" },
  non_deterministic: { stage: "execute", reason: "non_deterministic" },
  deadline_exceeded: { stage: "execute", reason: "deadline" },
  unclassified: { stage: "execute", reason: "unclassified" },
};

/**
 * The dead letter that a step leaves which failed for good with a code. `null`: none, because the failure says all there is
 * to say (a command that answers no, a person that says no). A retryable code gets here when its budget is spent.
 */
export const DEAD_LETTER_OF = Object.fromEntries(
  StepErrorCode.options.map((code) => [
    code,
    OWN[code] ??
      (STEP_ERROR_CLASS[code] === "retryable"
        ? { stage: "execute", reason: "retries_exhausted" }
        : null),
  ]),
) as Readonly<Record<StepErrorCode, DeadLetterKind | null>>;

/** The same, for a step that ran out of time or that was to take an effect back: these win over the code. */
export function deadLetterOf(
  code: StepErrorCode,
  { pastDeadline = false, isUndo = false }: { pastDeadline?: boolean; isUndo?: boolean } = {},
): DeadLetterKind | null {
  if (isUndo) return { stage: "compensate", reason: "compensation_failed" };
  if (pastDeadline) return { stage: "execute", reason: "deadline" };
  return DEAD_LETTER_OF[code];
}
