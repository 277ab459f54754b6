import { advance, type SessionEffect, type SessionState } from "@nofx/core/orchestration";
import {
  cancelChildren,
  costOfSession,
  keepVerdict,
  spawn,
  type EngineDb,
  type SessionClaim,
} from "@nofx/db/leases";
import { SessionQuota } from "@nofx/core/vocabulary";
import { noteOutcome } from "../dispatch/index.ts";
import { draftsOf } from "./drafts-of.ts";

/** Something is to be called off, and the transaction has not begun with the lock that this takes. */
export class NeedsLock extends Error {}

/** The run, or the session's step, is being called off: nothing is begun below it any more. */
export class IsCalledOff extends Error {}

export interface CarriedOut {
  readonly state: SessionState;
  readonly rounds: number;
  /** Steps that can be claimed now. */
  readonly freed: number;
}

/**
 * Does what a session has decided, all in the caller's transaction. What a quota refuses is told to the session, and what follows from
 * that is done as well.
 */
export async function carryOut(
  tx: EngineDb,
  claim: SessionClaim,
  move: { readonly state: SessionState; readonly effects: readonly SessionEffect[] },
  by: {
    readonly decisionId: string | null;
    readonly seconds: number;
    readonly rounds: number;
    readonly preferSeconds: number;
    readonly canCancel: boolean;
  },
): Promise<CarriedOut> {
  let { state } = move;
  let { rounds } = by;
  let freed = 0;
  const left = [...move.effects];
  for (let effect = left.shift(); effect !== undefined; effect = left.shift()) {
    switch (effect.type) {
      case "spawn": {
        const drafts = draftsOf(effect.children, by.preferSeconds);
        const spawned = await spawn(tx, { ...claim, tenantId: null }, drafts);
        freed += spawned.for_workers + spawned.for_agents;
        if (spawned.refused == null) {
          if (spawned.children.length < drafts.length) throw new IsCalledOff();
          break;
        }
        const { quota, limit, used, asked } = spawned.refused;
        const next = advance(state, {
          type: "refused",
          children: effect.children.map(({ name }) => name),
          quota: SessionQuota.parse(quota),
          limit,
          used,
          asked,
        });
        state = next.state;
        left.push(...next.effects);
        break;
      }
      case "cancel": {
        if (!by.canCancel) throw new NeedsLock();
        const { for_workers, for_agents } = await cancelChildren(
          tx,
          claim,
          effect.children,
          effect.reason,
        );
        freed += for_workers + for_agents;
        break;
      }
      case "verdict": {
        const { type: _type, ...verdict } = effect;
        rounds = Math.max(rounds, verdict.round);
        await keepVerdict(tx, claim, verdict);
        break;
      }
      case "finish": {
        const { decisionId, seconds } = by;
        if (decisionId === null) break;
        const costPico = await costOfSession(tx, claim);
        const succeeded = effect.outcome.status === "succeeded";
        await noteOutcome(tx, { decisionId, succeeded, seconds, costPico });
        break;
      }
    }
  }
  return { state, rounds, freed };
}
