import * as leases from "@nofx/db/leases";

export type { PushLease, PushOutcome } from "@nofx/db/leases";

/** Steps for agents that are functions, and what became of the calls. */
export interface PushStore {
  /** Claims for functions that are due and have room. */
  claim(ask: leases.PushAsk): Promise<leases.PushLease[]>;
  /** The function has not begun: the step is queued again, as untouched as it was. */
  giveBack(agent: { id: string; tenantId: string }, steps: readonly StepClaim[]): Promise<void>;
  noted(
    agentId: string,
    noted: {
      outcome: leases.PushOutcome;
      restMs: number;
      giveUpMs: number;
      error: string | null;
    },
  ): Promise<"well" | "rests" | "disabled">;
}

export interface StepClaim {
  readonly id: string;
  readonly epoch: number;
}

export function createPushStore(
  db: leases.EngineDb,
  call: <T>(work: Promise<T>) => Promise<T>,
): PushStore {
  return {
    claim: (ask) => call(leases.pushClaim(db, ask)),
    noted: (agentId, noted) => call(leases.pushNoted(db, agentId, noted)),
    async giveBack({ id: owner, tenantId }, steps) {
      const released = steps.map(({ id, epoch }) => ({
        stepId: id,
        epoch,
        outcome: "released" as const,
      }));
      await call(leases.settle(db, { type: "agent", owner, tenantId }, released));
    },
  };
}
