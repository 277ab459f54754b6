import type { Settlement } from "@nofx/control/steps";
import {
  leaseRuns,
  settle,
  type EngineModel,
  type ModelExecutor,
  type Settled,
} from "@nofx/core/model";
import type { StepErrorCode } from "@nofx/core/errors";

export type SettleVerb = (
  model: EngineModel,
  by: ModelExecutor,
  settlements: readonly Settlement[],
  now: number,
) => Settled[];

export const settleFenced: SettleVerb = (model, by, settlements, now) =>
  settle(model, by, settlements.map(modelSettlement), now);

/**
 * A fence that somebody broke: whoever says that a leased step ended is believed, whatever its epoch, as an engine does that
 * compares the status and nothing else.
 */
export const settleByStatusAlone: SettleVerb = (model, by, settlements, now) =>
  settlements.map((settlement) => {
    const step = model.steps.get(settlement.stepId);
    if (step === undefined || !leaseRuns(step, now)) {
      return settle(model, by, [modelSettlement(settlement)], now)[0] as Settled;
    }
    const owner = step.leaseOwner ?? by.owner;
    const forged = { ...modelSettlement(settlement), epoch: step.epoch };
    const [settled] = settle(model, { ...by, owner }, [forged], now);
    return { ...(settled as Settled), epoch: settlement.epoch };
  });

/** Another one: whoever has claimed last is believed, also when the lease has run out and the sweeper may be at it. */
export const settleByEpochAlone: SettleVerb = (model, by, settlements, now) => {
  for (const { stepId, epoch } of settlements) {
    const step = model.steps.get(stepId);
    if (step?.epoch !== epoch || step.leaseOwner !== by.owner) continue;
    step.leaseUntil = Math.max(step.leaseUntil ?? 0, now + 1);
  }
  return settleFenced(model, by, settlements, now);
};

function modelSettlement(settlement: Settlement) {
  if (settlement.outcome !== "failed") return settlement;
  return { ...settlement, error: { code: settlement.error.code as StepErrorCode } };
}
