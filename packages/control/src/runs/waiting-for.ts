import { HOLD_BITS, type Hold, holdsOf } from "@nofx/core/vocabulary";
import type { StepRecord } from "@nofx/db/queries";

const HELD: Record<Hold, string> = {
  dependency: "Waits for other steps.",
  approval: "Waits for an approval.",
  children: "Waits for the steps it started.",
  timer: "Waits for its time.",
  event: "Waits for an event.",
  message: "Waits for a message.",
  quota: "Waits until a limit allows it.",
  person: "Waits for a person's answer.",
  paused: "Paused.",
};

type Seen = Pick<
  StepRecord,
  "status" | "holds" | "unmet" | "due" | "run_at" | "epoch" | "capability"
>;

/** One sentence: why a queued step is not moving. */
export function waitingFor(step: Seen): string | null {
  if (step.status !== "queued") return null;
  if ((step.holds & HOLD_BITS.paused) !== 0) return HELD.paused;
  if ((step.holds & HOLD_BITS.dependency) !== 0) {
    if (step.unmet.length === 0) return HELD.dependency;
    const shown = step.unmet.slice(0, 3).join(", ");
    const more = step.unmet.length > 3 ? ` and ${step.unmet.length - 3} more` : "";
    const also = (step.holds & HOLD_BITS.approval) !== 0 ? ", then for an approval" : "";
    return `Waits for ${shown}${more}${also}.`;
  }
  if ((step.holds & HOLD_BITS.approval) !== 0) return HELD.approval;
  const other = holdsOf(step.holds)[0];
  if (other !== undefined) return HELD[other];
  if (!step.due) {
    const at = step.run_at.toISOString().slice(0, 19).replace("T", " ");
    return `${step.epoch === 0 ? "Begins" : "Tries again"} at ${at} UTC.`;
  }
  return step.capability === null
    ? "Waits for a free worker."
    : `Waits for an agent that can do ${step.capability}.`;
}
