import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface StepAgentRecord {
  capability: string | null;
  preferred_agent_id: string | null;
  preferred_name: string | null;
  preferred_until: Date | null;
  /** The choice that its session was begun by. */
  decision_id: string | null;
  attempts: { executor: string; name: string | null; claimed_at: string }[];
}

/** For whom a step was meant, who took it, and by which choice. */
export async function loadStepAgent(
  db: Executor,
  { tenantId, stepId }: { tenantId: string; stepId: string },
): Promise<StepAgentRecord | undefined> {
  const { rows } = await sql<StepAgentRecord>`
    select s.capability, s.preferred_agent_id, p.name as preferred_name, s.preferred_until,
      coalesce(
        (select d.id from strategy_decisions d where d.tenant_id = s.tenant_id and d.step_id = s.id order by d.id desc limit 1),
        (select a.decision_id from run_agent_hierarchy_all h join agent_sessions_all a on a.id = h.session_id
         where h.run_id = s.run_id and h.step_id = s.id and a.decision_id is not null order by h.depth desc limit 1)
      ) as decision_id,
      (select coalesce(jsonb_agg(jsonb_build_object('executor', t.executor, 'name', r.name,
          'claimed_at', to_char(t.claimed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by t.epoch), '[]')
       from attempts_all t left join agent_registry r on r.tenant_id = t.tenant_id and r.id::text = t.executor
       where t.step_id = s.id) as attempts
    from steps_all s left join agent_registry p on p.id = s.preferred_agent_id and p.tenant_id = s.tenant_id
    where s.tenant_id = ${tenantId}::uuid and s.id = ${stepId}::uuid
  `.execute(db);
  return rows[0];
}
