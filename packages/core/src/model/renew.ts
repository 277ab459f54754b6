import { moveStep } from "./move-step.ts";
import type { ModelClaim, ModelExecutor } from "./rows.ts";
import type { EngineModel } from "./state.ts";

export interface Renewed {
  readonly stepId: string;
  readonly held: boolean;
  readonly leaseUntil: number | null;
  readonly cancelRequested: boolean;
}

/** Heartbeats: extends leases that are still held, and says which are lost and which should stop. */
export function renew(
  model: EngineModel,
  by: ModelExecutor,
  items: readonly ModelClaim[],
  leaseMs: number,
  now: number,
): Renewed[] {
  return items.map(({ stepId, epoch }) => {
    const step = model.steps.get(stepId);
    const lost = { stepId, held: false, leaseUntil: null, cancelRequested: false };
    if (step === undefined || step.leaseOwner !== by.owner) return lost;
    if (by.tenantId !== null && by.tenantId !== step.tenantId) return lost;
    const leaseRuns = (step.leaseUntil ?? 0) > now;
    const refusal = moveStep(
      model,
      step,
      { type: "heartbeat", epoch, leaseRuns },
      { now, leaseMs },
    );
    if (refusal !== null) return lost;
    return {
      stepId,
      held: true,
      leaseUntil: step.leaseUntil,
      cancelRequested: step.cancelRequested,
    };
  });
}
