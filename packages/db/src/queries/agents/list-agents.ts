import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface AgentRecord {
  id: string;
  name: string;
  description: string;
  status: string;
  status_by: string;
  status_reason: string | null;
  status_at: Date;
  trial_at: Date | null;
  version: string | null;
  capabilities: string[];
  team: string | null;
  tags: string[];
  owner_user_id: string | null;
  owner_name: string | null;
  max_concurrency: number | null;
  last_seen_at: Date | null;
  revision: number;
  created_at: Date;
  breaker: unknown;
  breaker_enabled: boolean;
  card: unknown;
  card_url: string | null;
  in_flight: number;
  now: Date;
  runners: number;
  slots: number;
  busy: number;
}

export interface AgentFilter {
  query?: string | undefined;
  statuses: readonly string[];
  capability?: string | undefined;
  team?: string | undefined;
  tag?: string | undefined;
  owner?: string | undefined;
}

/** Agents by id, with what they hold and which of their processes are there. */
export async function loadAgents(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<AgentRecord[]> {
  const { rows } = await sql<AgentRecord>`
    select a.id, a.name, a.description, a.status, a.status_by, a.status_reason, a.status_at, a.trial_at, a.version, a.capabilities,
      a.team, a.tags, a.owner_user_id, m.name as owner_name, a.max_concurrency, a.last_seen_at, a.revision, a.created_at, a.breaker,
      a.breaker_enabled, a.card, a.card_url, held.n as in_flight, clock_timestamp() as now, here.runners, here.slots, here.busy
    from agent_registry a
    left join members m on m.tenant_id = a.tenant_id and m.user_id = a.owner_user_id
    cross join lateral (
      select count(*) as n from steps s
      where s.tenant_id = a.tenant_id and s.lease_owner = a.id::text and s.executor = 'agent' and s.status in ('assigned', 'running')
    ) held
    cross join lateral (
      select count(*) as runners, coalesce(sum(p.slots), 0)::integer as slots, coalesce(sum(least(p.busy, p.slots)), 0)::integer as busy
      from agent_presence p where p.agent_id = a.id and p.last_seen_at > clock_timestamp() - interval '60 s'
    ) here
    where a.tenant_id = ${tenantId}::uuid and a.id = any (${ids}::uuid[])
    order by array_position(${ids}::uuid[], a.id)
  `.execute(db);
  return rows;
}

/** A page of the agents that fit, by name or by what is to be believed of one capability. */
export async function listAgents(
  db: Executor,
  filter: AgentFilter & {
    tenantId: string;
    sort: "name" | "success" | "latency" | "cost";
    cursor?: string | undefined;
    limit: number;
  },
) {
  const [key, name] = decodeCursor(filter.cursor) ?? [null, null];
  const { rows } = await sql<{ id: string; key: number }>`
    select id, key from app.find_agents(${filter.tenantId}::uuid, ${JSON.stringify(fields(filter))}::jsonb, ${filter.sort},
      ${key}::double precision, ${name}::text, ${filter.limit + 1})
  `.execute(db);
  const keys = new Map(rows.map((row) => [row.id, row.key]));
  const agents = await loadAgents(
    db,
    filter.tenantId,
    rows.map(({ id }) => id),
  );
  return cutPage(agents, filter.limit, (agent) => [keys.get(agent.id) ?? 0, agent.name]);
}

export async function countAgents(
  db: Executor,
  filter: AgentFilter & { tenantId: string },
): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`
    select app.agent_facets(${filter.tenantId}::uuid, ${JSON.stringify(fields(filter))}::jsonb) as value
  `.execute(db);
  return rows[0]?.value;
}

function fields({ query, statuses, capability, team, tag, owner }: AgentFilter) {
  return { query, statuses, capability, team, tag, owner };
}

/** The id of an agent that is named by its id or its name. */
export async function findAgentId(
  db: Executor,
  tenantId: string,
  by: { id: string } | { name: string },
): Promise<string | undefined> {
  const id = "id" in by ? by.id : null;
  const name = "name" in by ? by.name : null;
  const { rows } = await sql<{ id: string }>`
    select a.id from agent_registry a
    where a.tenant_id = ${tenantId}::uuid and (a.id = ${id}::uuid or a.name = ${name})
  `.execute(db);
  return rows[0]?.id;
}
