import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface DispatchDecisionRecord {
  id: string;
  decided_at: Date;
  run_id: string | null;
  step_id: string | null;
  capability: string;
  segment: string;
  strategy: string;
  held_out: boolean;
  level: string;
  probability: number;
  hold_out: number;
  success_usd: number;
  hour_usd: number;
  reason: string;
  numbers: { strategies: Record<string, unknown>[] };
  agents: { agentId: string; name: string; weight: number; why: string }[];
  succeeded: boolean | null;
  seconds: number | null;
  cost_pico: string | null;
  reward: number | null;
  noted_at: Date | null;
}

const columns = sql`d.id, d.decided_at, d.run_id, d.step_id, d.capability, d.segment, d.strategy, d.held_out, d.level, d.probability,
  d.hold_out, d.success_usd, d.hour_usd, d.reason, d.numbers, d.agents, o.succeeded, o.seconds, o.cost_pico, o.reward, o.noted_at`;

/** Choices of the tenant, newest first. */
export async function listDispatchDecisions(
  db: Executor,
  filter: {
    tenantId: string;
    capability?: string | undefined;
    strategy?: string | undefined;
    heldOut?: boolean | undefined;
    runId?: string | undefined;
    agentId?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const { tenantId, capability, strategy, heldOut, runId, agentId, limit } = filter;
  const after = decodeCursor(filter.cursor)?.[0];
  const among = agentId === undefined ? null : JSON.stringify([{ agentId }]);
  const { rows } = await sql<DispatchDecisionRecord>`
    select ${columns}
    from strategy_decisions d left join strategy_outcomes o on o.decision_id = d.id
    where d.tenant_id = ${tenantId}::uuid
      and (${after ?? null}::uuid is null or d.id < ${after ?? null}::uuid)
      and (${capability ?? null}::text is null or d.capability = ${capability ?? null})
      and (${strategy ?? null}::text is null or d.strategy = ${strategy ?? null})
      and (${heldOut ?? null}::boolean is null or d.held_out = ${heldOut ?? null})
      and (${runId ?? null}::uuid is null or d.run_id = ${runId ?? null}::uuid)
      and (${among}::jsonb is null or d.agents @> ${among}::jsonb)
    order by d.id desc limit ${limit + 1}
  `.execute(db);
  return cutPage(rows, limit, (row) => [row.id]);
}

export async function loadDispatchDecision(
  db: Executor,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<DispatchDecisionRecord | undefined> {
  const { rows } = await sql<DispatchDecisionRecord>`
    select ${columns}
    from strategy_decisions d left join strategy_outcomes o on o.decision_id = d.id
    where d.tenant_id = ${tenantId}::uuid and d.id = ${id}::uuid
  `.execute(db);
  return rows[0];
}
