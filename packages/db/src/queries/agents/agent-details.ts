import { sql } from "kysely";
import type { Executor } from "../executor.ts";

type JsonObject = Record<string, unknown>;

export interface CapabilityRecord {
  capability: string;
  title: string | null;
  proficiency: number | null;
  resources: JsonObject | null;
  declared_success_rate: number | null;
  declared_latency_ms: number | null;
  declared_cost_pico: number | null;
  version: string | null;
  input_schema: JsonObject | null;
  output_schema: JsonObject | null;
  events: JsonObject | null;
  samples: number;
  successes: number;
  since: Date | null;
  last_at: Date | null;
  recent: unknown;
  success_rate: number | null;
  latency_ms: number | null;
  cost_pico: number | null;
}

export async function listAgentCapabilities(
  db: Executor,
  agent: { tenantId: string; id: string },
): Promise<CapabilityRecord[]> {
  const { rows } = await sql<CapabilityRecord>`
    select c.capability, c.title, c.proficiency, c.resources, c.declared_success_rate, c.declared_latency_ms, c.declared_cost_pico, c.version,
      c.input_schema, c.output_schema, c.events, c.samples, c.successes, c.since, c.last_at, c.recent, c.success_rate, c.latency_ms, c.cost_pico
    from agent_capabilities c where c.agent_id = ${agent.id}::uuid and c.tenant_id = ${agent.tenantId}::uuid
    order by c.capability
  `.execute(db);
  return rows;
}

export interface VersionRecord {
  version: string;
  runtime: string;
  concurrency: number;
  capabilities: string[];
  introduced_at: Date;
  last_at: Date;
}

/** The newest twenty. */
export async function listAgentVersions(
  db: Executor,
  agent: { tenantId: string; id: string },
): Promise<VersionRecord[]> {
  const { rows } = await sql<VersionRecord>`
    select v.version, v.runtime, v.concurrency, v.introduced_at, v.last_at,
      array(select t.value ->> 'capability' from jsonb_array_elements(v.tasks) t order by 1) as capabilities
    from agent_versions v where v.agent_id = ${agent.id}::uuid and v.tenant_id = ${agent.tenantId}::uuid
    order by v.last_at desc limit 20
  `.execute(db);
  return rows;
}

export interface RunnerRecord {
  runner: string;
  version: string | null;
  runtime: string | null;
  slots: number;
  busy: number;
  up_since: Date;
  last_seen_at: Date;
  online: boolean;
}

/** Processes of the last day, the newest heard of first; a hundred at most. */
export async function listAgentRunners(
  db: Executor,
  agent: { tenantId: string; id: string },
): Promise<RunnerRecord[]> {
  const { rows } = await sql<RunnerRecord>`
    select p.runner, p.version, p.runtime, p.slots, p.busy, p.up_since, p.last_seen_at,
      p.last_seen_at > clock_timestamp() - interval '60 s' as online
    from agent_presence p where p.agent_id = ${agent.id}::uuid and p.tenant_id = ${agent.tenantId}::uuid
    order by p.last_seen_at desc limit 100
  `.execute(db);
  return rows;
}

export interface AgentStepRecord {
  id: string;
  run_id: string;
  name: string;
  title: string;
  status: string;
  capability: string | null;
  claimed_at: Date | null;
}

const STEP = sql`s.id, s.run_id, s.name, s.title, s.status, s.capability, s.claimed_at`;

/** What it holds now: a hundred at most. */
export async function listHeldSteps(
  db: Executor,
  agent: { tenantId: string; id: string },
): Promise<AgentStepRecord[]> {
  const { rows } = await sql<AgentStepRecord>`
    select ${STEP} from steps s
    where s.tenant_id = ${agent.tenantId}::uuid and s.lease_owner = ${agent.id} and s.executor = 'agent'
      and s.status in ('assigned', 'running')
    order by s.claimed_at desc limit 100
  `.execute(db);
  return rows;
}

/** Steps by id, wherever they are now: those that were deleted are not there. */
export async function loadAgentSteps(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<AgentStepRecord[]> {
  const { rows } = await sql<AgentStepRecord>`
    select ${STEP} from steps s where s.tenant_id = ${tenantId}::uuid and s.id = any (${ids}::uuid[])
    union all
    select ${STEP} from steps_history s where s.tenant_id = ${tenantId}::uuid and s.id = any (${ids}::uuid[])
  `.execute(db);
  return rows;
}

export interface SchemaRecord {
  agent_id: string;
  agent: string;
  version: string;
  input_schema: JsonObject | null;
  output_schema: JsonObject | null;
  events: Record<string, JsonObject> | null;
}

/** What agents of a capability take and answer, as they introduced themselves; retired ones are left out. */
export async function listSchemas(
  db: Executor,
  tenantId: string,
  capability: string,
): Promise<SchemaRecord[]> {
  const { rows } = await sql<SchemaRecord>`
    select c.agent_id, a.name as agent, c.version, c.input_schema, c.output_schema, c.events
    from agent_capabilities c join agent_registry a on a.id = c.agent_id
    where c.tenant_id = ${tenantId}::uuid and c.capability = ${capability} and c.version is not null and a.status <> 'retired'
    order by a.name
  `.execute(db);
  return rows;
}
