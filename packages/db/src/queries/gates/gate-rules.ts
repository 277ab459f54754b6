import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface GateRuleRecord {
  name: string;
  version: number;
  origin: string;
  enabled: boolean;
  verdict: string | null;
  override: string | null;
  gate: string | null;
  scope: string | null;
  condition: string | null;
  reason: string | null;
  tip: string | null;
  examples: unknown[];
  created_by_name: string;
  created_at: Date;
}

const COLUMNS = sql.raw(
  "name, version, origin, enabled, verdict, override, gate, scope, condition, reason, tip, examples, created_by_name, created_at",
);

/** The newest version of every rule that a tenant has written or changed. */
export async function loadGateRules(db: Executor, tenantId: string): Promise<GateRuleRecord[]> {
  const { rows } = await sql<GateRuleRecord>`
    select distinct on (name) ${COLUMNS} from gate_rules
    where tenant_id = ${tenantId}::uuid order by name, version desc
  `.execute(db);
  return rows;
}

/** All versions of one rule, newest first. */
export async function listRuleVersions(
  db: Executor,
  tenantId: string,
  name: string,
): Promise<GateRuleRecord[]> {
  const { rows } = await sql<GateRuleRecord>`
    select ${COLUMNS} from gate_rules
    where tenant_id = ${tenantId}::uuid and name = ${name} order by version desc limit 100
  `.execute(db);
  return rows;
}

export type NewGateRule = Omit<GateRuleRecord, "created_by_name" | "created_at"> & {
  tenant_id: string;
  created_by: string;
  created_by_name: string;
};

/** Answers false where this version is there already: somebody else has changed the rule. */
export async function insertGateRule(db: Executor, rule: NewGateRule): Promise<boolean> {
  const { rows } = await sql`
    insert into gate_rules (tenant_id, name, version, origin, enabled, verdict, override, gate, scope, condition, reason, tip, examples,
      created_by, created_by_name)
    values (${rule.tenant_id}::uuid, ${rule.name}, ${rule.version}, ${rule.origin}, ${rule.enabled}, ${rule.verdict}, ${rule.override},
      ${rule.gate}, ${rule.scope}, ${rule.condition}, ${rule.reason}, ${rule.tip}, ${JSON.stringify(rule.examples)}::jsonb,
      ${rule.created_by}::uuid, ${rule.created_by_name})
    on conflict (tenant_id, name, version) do nothing
    returning id
  `.execute(db);
  return rows.length > 0;
}

export interface RuleHits {
  rule: string;
  plans: number;
  last_at: Date;
}

/** In how many of the tenant's last 100 plans each rule found something. */
export async function countRuleHits(db: Executor, tenantId: string): Promise<RuleHits[]> {
  const { rows } = await sql<RuleHits>`
    with recent as materialized (select id from plans where tenant_id = ${tenantId}::uuid order by id desc limit 100)
    select f.finding ->> 'rule' as rule, count(distinct e.plan_id)::integer as plans, max(e.at) as last_at
    from recent r join plan_evaluations e on e.plan_id = r.id
      cross join lateral jsonb_array_elements(e.findings) as f (finding)
    group by 1
  `.execute(db);
  return rows;
}

export interface ReplayedPlan {
  id: string;
  title: string;
  pack: string;
  version: number;
  created_at: Date;
  step_count: number;
}

/** The tenant's newest plans, for replaying a rule on them. */
export async function listRecentPlans(
  db: Executor,
  tenantId: string,
  limit: number,
): Promise<ReplayedPlan[]> {
  const { rows } = await sql<ReplayedPlan>`
    select p.id, p.title, k.name as pack, p.version, p.created_at, p.step_count
    from plans p join packs k on k.id = p.pack_id
    where p.tenant_id = ${tenantId}::uuid order by p.id desc limit ${limit}
  `.execute(db);
  return rows;
}
