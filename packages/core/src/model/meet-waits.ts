import { WAIT_HOLD, transitionWait } from "../machine/index.ts";
import { holdMask, holdsOf } from "../vocabulary/index.ts";
import { endWait, withdraw } from "./close-waits.ts";
import { mustMove } from "./move-step.ts";
import { stepOf, tell } from "./rows.ts";
import type { EngineModel, ModelWait } from "./state.ts";

export interface Meeting {
  readonly waitId: string;
  readonly payload: unknown;
  /** The event or message that meets it. */
  readonly source: string | null;
}

/**
 * Meets open waits and wakes their steps. Of several options of one question the one that was due first is met, and the
 * others are lost in the same breath. What is not open any more is passed over. Answers which were met.
 */
export function meetWaits(
  model: EngineModel,
  meetings: readonly Meeting[],
  now: number,
): ModelWait[] {
  const met: ModelWait[] = [];
  const open = meetings
    .map((meeting) => ({ meeting, wait: model.waits.find((one) => one.id === meeting.waitId) }))
    .toSorted(
      (a, b) =>
        (a.wait?.dueAt ?? -Infinity) - (b.wait?.dueAt ?? -Infinity) ||
        (a.wait?.position ?? 0) - (b.wait?.position ?? 0),
    );
  for (const { meeting, wait } of open) {
    if (wait === undefined || stepOf(model, wait.stepId).status !== "queued") continue;
    if (!meetWait(model, wait, meeting)) continue;
    met.push(wait);
    tell(model, "wait.met", { runId: wait.runId, stepId: wait.stepId }, now);
  }
  for (const stepId of new Set(met.map((wait) => wait.stepId))) {
    const waits = model.waits.filter((one) => one.stepId === stepId);
    const bits = holdMask(waits.map((one) => WAIT_HOLD[one.kind]));
    const needed = holdMask(
      waits.filter((one) => one.status === "open").map((one) => WAIT_HOLD[one.kind]),
    );
    mustMove(
      model,
      stepOf(model, stepId),
      { type: "wake", holds: holdsOf(bits & ~needed) },
      { now },
    );
  }
  return met;
}

/** Meets one option, and the others of its question are lost. False: it was not open. */
export function meetWait(
  model: EngineModel,
  wait: ModelWait,
  { payload, source }: Omit<Meeting, "waitId">,
): boolean {
  const moved = transitionWait(wait.status, "meet");
  if (!moved.ok) return false;
  wait.status = moved.next;
  wait.payload = payload;
  wait.source = source;
  for (const other of model.waits) {
    if (other.stepId !== wait.stepId || other.name !== wait.name) continue;
    if (endWait(other, "lose") && other.approvalId !== null) withdraw(model, other.approvalId);
  }
  return true;
}
