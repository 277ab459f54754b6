import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { Freed } from "../../leases/engine-db.ts";

export interface NewAgentRecord {
  tenantId: string;
  name: string;
  description: string;
  capabilities: readonly string[];
  team: string | null;
  tags: readonly string[];
  maxConcurrency: number | null;
  breakerEnabled: boolean;
  owner: string;
  version?: string | null | undefined;
  card?: unknown;
  cardUrl?: string | null | undefined;
}

/** Undefined where there is one of that name. */
export async function insertAgent(
  db: Executor,
  agent: NewAgentRecord,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    insert into agent_registry (tenant_id, name, description, capabilities, team, tags, max_concurrency, breaker_enabled, owner_user_id,
      version, card, card_url)
    values (${agent.tenantId}::uuid, ${agent.name}, ${agent.description}, ${agent.capabilities}::text[], ${agent.team},
      ${agent.tags}::text[], ${agent.maxConcurrency}, ${agent.breakerEnabled}, ${agent.owner}::uuid, ${agent.version ?? null},
      ${agent.card === undefined ? null : JSON.stringify(agent.card)}::jsonb, ${agent.cardUrl ?? null})
    on conflict (tenant_id, name) do nothing
    returning id
  `.execute(db);
  return rows[0]?.id;
}

export interface AgentEdit {
  description?: string | undefined;
  capabilities?: readonly string[] | undefined;
  team?: string | null | undefined;
  tags?: readonly string[] | undefined;
  maxConcurrency?: number | null | undefined;
  breakerEnabled?: boolean | undefined;
  owner?: string | undefined;
  card?: { card: unknown; url: string | null } | undefined;
}

/** False where it is at another revision than the one that was looked at. */
export async function updateAgent(
  db: Executor,
  agent: { tenantId: string; id: string; revision?: number | undefined },
  edit: AgentEdit,
): Promise<boolean> {
  const { card } = edit;
  const { rows } = await sql`
    update agent_registry a set
      description = coalesce(${edit.description ?? null}, a.description),
      capabilities = coalesce(${edit.capabilities ?? null}::text[], a.capabilities),
      team = case when ${edit.team === undefined} then a.team else ${edit.team ?? null} end,
      tags = coalesce(${edit.tags ?? null}::text[], a.tags),
      max_concurrency = case when ${edit.maxConcurrency === undefined} then a.max_concurrency else ${edit.maxConcurrency ?? null}::integer end,
      breaker_enabled = coalesce(${edit.breakerEnabled ?? null}::boolean, a.breaker_enabled),
      owner_user_id = coalesce(${edit.owner ?? null}::uuid, a.owner_user_id),
      card = case when ${card === undefined} then a.card else ${card === undefined ? null : JSON.stringify(card.card)}::jsonb end,
      card_url = case when ${card === undefined} then a.card_url else ${card?.url ?? null} end,
      revision = a.revision + 1, updated_at = clock_timestamp()
    where a.tenant_id = ${agent.tenantId}::uuid and a.id = ${agent.id}::uuid
      and (${agent.revision ?? null}::integer is null or a.revision = ${agent.revision ?? null}::integer)
    returning a.id
  `.execute(db);
  return rows.length > 0;
}

/** Locks an agent for a change of its status; undefined where there is none. */
export async function holdAgent(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<{ status: string; status_by: string; name: string } | undefined> {
  const { rows } = await sql<{ status: string; status_by: string; name: string }>`
    select a.status, a.status_by, a.name from agent_registry a
    where a.tenant_id = ${tenantId}::uuid and a.id = ${id}::uuid for update
  `.execute(db);
  return rows[0];
}

/** What people say of an agent's status: its breaker begins anew. */
export async function setAgentStatus(
  db: Executor,
  tenantId: string,
  id: string,
  status: string,
  reason: string | null,
): Promise<void> {
  await sql`
    update agent_registry a set status = ${status}, status_by = 'person', status_reason = ${reason}, status_at = clock_timestamp(),
      breaker = '{}', trial_at = null, revision = a.revision + 1, updated_at = clock_timestamp()
    where a.tenant_id = ${tenantId}::uuid and a.id = ${id}::uuid
  `.execute(db);
}

/** Takes back what it holds, to be queued again. Before its status changes. */
export async function takeBackFromAgent(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<{ steps: number } & Freed> {
  const { rows } = await sql<{ value: { results: unknown[] } & Freed }>`
    select app.take_back_from_agent(${tenantId}::uuid, ${id}::uuid) as value
  `.execute(db);
  const value = rows[0]?.value;
  return {
    steps: value?.results.length ?? 0,
    for_workers: value?.for_workers ?? 0,
    for_agents: value?.for_agents ?? 0,
  };
}

export interface CapabilityEdit {
  capability: string;
  title: string | null;
  proficiency: number | null;
  resources: unknown;
  declared_success_rate: number | null;
  declared_latency_ms: number | null;
  declared_cost_pico: number | null;
  success_rate: number | null;
  latency_ms: number | null;
  cost_pico: number | null;
}

/** What the author declares of capabilities that the agent has, and what is to be believed then. */
export async function declareCapabilities(
  db: Executor,
  agent: { tenantId: string; id: string },
  edits: readonly CapabilityEdit[],
): Promise<void> {
  await sql`
    update agent_capabilities c
    set title = e.title, proficiency = e.proficiency, resources = e.resources, declared_success_rate = e.declared_success_rate,
      declared_latency_ms = e.declared_latency_ms, declared_cost_pico = e.declared_cost_pico, success_rate = e.success_rate,
      latency_ms = e.latency_ms, cost_pico = e.cost_pico, updated_at = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(edits)}::jsonb) as e (capability text, title text, proficiency real, resources jsonb,
      declared_success_rate double precision, declared_latency_ms double precision, declared_cost_pico bigint,
      success_rate double precision, latency_ms double precision, cost_pico double precision)
    where c.agent_id = ${agent.id}::uuid and c.tenant_id = ${agent.tenantId}::uuid and c.capability = e.capability
  `.execute(db);
}
