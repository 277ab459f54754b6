import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface MeasuredChoiceRecord {
  strategy: string;
  heldOut: boolean;
  holdOut: number;
  successUsd: number;
  hourUsd: number;
  good: number;
  seconds: number;
  costUsd: number;
}

/** The newest choices between at least two strategies whose outcome is known, at most so many. */
export async function listMeasuredChoices(
  db: Executor,
  filter: {
    tenantId: string;
    capability?: string | undefined;
    days: number;
    limit: number;
  },
): Promise<MeasuredChoiceRecord[]> {
  const { tenantId, capability, days, limit } = filter;
  const { rows } = await sql<MeasuredChoiceRecord>`
    select d.strategy, d.held_out as "heldOut", d.hold_out as "holdOut", d.success_usd as "successUsd", d.hour_usd as "hourUsd",
      coalesce(o.reward, 1) * o.succeeded::integer as good, o.seconds, (o.cost_pico / 1e12)::double precision as "costUsd"
    from strategy_outcomes o join strategy_decisions d on d.id = o.decision_id
    where o.tenant_id = ${tenantId}::uuid and d.open > 1
      and d.decided_at > clock_timestamp() - make_interval(days => ${days}::integer)
      and (${capability ?? null}::text is null or d.capability = ${capability ?? null})
    order by o.decision_id desc limit ${limit}
  `.execute(db);
  return rows;
}
