import { sql } from "kysely";
import { z } from "zod";
import type { EngineDb } from "./engine-db.ts";

const Count = z.coerce.number();

const Evidence = z.object({
  outcomes: z.array(
    z.object({
      id: Count,
      agent_id: z.string(),
      capability: z.string(),
      step_id: z.string(),
      error_code: z.string().nullable(),
      succeeded: z.boolean(),
      ms: Count,
      claimed_at: Count,
      at: Count,
      cost_pico: Count.nullable(),
    }),
  ),
  agents: z.array(
    z.object({
      id: z.string(),
      status: z.enum(["active", "draining", "quarantined", "retired"]),
      status_by: z.enum(["person", "breaker"]),
      breaker: z.unknown(),
      breaker_enabled: z.boolean(),
      revision: z.number(),
    }),
  ),
  capabilities: z.array(
    z.object({
      agent_id: z.string(),
      capability: z.string(),
      recent: z.unknown(),
      declared_success_rate: z.number().nullable(),
      declared_latency_ms: z.number().nullable(),
      declared_cost_pico: z.number().nullable(),
    }),
  ),
});
export type AgentEvidence = z.infer<typeof Evidence>;

/** Attempts of agents that ended and are in no evidence yet, with what they are to be folded into. */
export async function agentEvidence(db: EngineDb, limit: number): Promise<AgentEvidence> {
  const { rows } = await sql<{ value: unknown }>`
    select engine.agent_evidence(${limit}) as value
  `.execute(db);
  return Evidence.parse(rows[0]?.value);
}

export interface FoldedEvidence {
  readonly ids: readonly number[];
  readonly capabilities: readonly object[];
  readonly agents: readonly object[];
}

/** Folds them, once: refused with serialization_failure where another process has. */
export async function foldAgentEvidence(db: EngineDb, folded: FoldedEvidence): Promise<void> {
  await sql`
    select engine.fold_agent_evidence(${folded.ids}::bigint[], ${JSON.stringify(folded.capabilities)}::jsonb,
      ${JSON.stringify(folded.agents)}::jsonb)
  `.execute(db);
}

/** Forgets processes that were not heard of for a day. */
export async function pruneAgentPresence(db: EngineDb, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select engine.prune_agent_presence(${limit}) as n
  `.execute(db);
  return rows[0]?.n ?? 0;
}
