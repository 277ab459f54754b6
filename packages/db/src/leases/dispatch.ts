import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const DispatchEvidence = z.object({
  /** Now, in seconds. */
  at: z.number(),
  /** Whether this transaction may keep what is learnt of the outcomes. */
  learns: z.boolean(),
  settings: z.unknown(),
  levels: z.record(z.string(), z.unknown()),
  /** What the levels do not know of yet, oldest first. */
  outcomes: z.array(
    z.object({
      decisionId: z.string(),
      capability: z.string(),
      segment: z.string(),
      strategy: z.string(),
      good: z.number(),
      seconds: z.number(),
      costUsd: z.number(),
      at: z.number(),
    }),
  ),
  agents: z.array(
    z.object({
      agentId: z.string(),
      name: z.string(),
      samples: z.number(),
      success: z.number().nullable(),
      latencyMs: z.number().nullable(),
      costPico: z.number().nullable(),
      slots: z.number(),
      held: z.number(),
    }),
  ),
});
export type DispatchEvidence = z.infer<typeof DispatchEvidence>;

/** All that a choice of strategy goes by, in one statement. With `learn` for whoever may keep what it learns. */
export async function dispatchEvidence(
  db: EngineDb,
  of: { tenantId: string; capability: string; segment: string; learn: boolean },
): Promise<DispatchEvidence> {
  return DispatchEvidence.parse(
    await callOne(
      db,
      sql`select engine.dispatch_evidence(${of.tenantId}::uuid, ${of.capability}, ${of.segment}, ${of.learn}) as value`,
    ),
  );
}

/** Keeps a choice; answers its id. */
export async function keepDecision(
  db: EngineDb,
  tenantId: string,
  decision: Record<string, unknown>,
): Promise<string> {
  return z
    .string()
    .parse(
      await callOne(
        db,
        sql`select engine.keep_decision(${tenantId}::uuid, ${JSON.stringify(decision)}::jsonb) as value`,
      ),
    );
}

/** Keeps what was learnt of outcomes, under the lock that came with them. */
export async function keepLearnt(
  db: EngineDb,
  tenantId: string,
  learnt: { levels: Record<string, unknown>; outcomes: readonly string[] },
): Promise<void> {
  await sql`select engine.keep_learnt(${tenantId}::uuid, ${JSON.stringify(learnt.levels)}::jsonb, ${[...learnt.outcomes]}::uuid[])`.execute(
    db,
  );
}

/** Notes how a choice ended; false where that was noted before. */
export async function noteStrategyOutcome(
  db: EngineDb,
  outcome: {
    decisionId: string;
    succeeded: boolean;
    seconds: number;
    costPico: bigint | string;
    reward?: number | undefined;
  },
): Promise<boolean> {
  const { decisionId, succeeded, seconds, costPico, reward } = outcome;
  return Boolean(
    await callOne(
      db,
      sql`select engine.note_strategy_outcome(${decisionId}::uuid, ${succeeded}, ${seconds}, ${String(costPico)}::numeric, ${reward ?? null}::double precision) as value`,
    ),
  );
}

/** Leaves queued steps to one agent each for so many seconds; answers how many. */
export async function preferAgents(
  db: EngineDb,
  tenantId: string,
  wishes: readonly { stepId: string; agentId: string }[],
  seconds: number,
): Promise<number> {
  const rows = wishes.map(({ stepId, agentId }) => ({ step_id: stepId, agent_id: agentId }));
  return Number(
    await callOne(
      db,
      sql`select engine.prefer(${tenantId}::uuid, ${JSON.stringify(rows)}::jsonb, ${seconds}) as value`,
    ),
  );
}

/** Steps that were meant for agents who will not come are everybody's again; answers how many. */
export async function freePreferred(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.free_preferred(${limit}) as value`));
}
