import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface ToolRecord {
  id: string;
  name: string;
  version: string;
  title: string;
  description: string;
  input_schema: Record<string, unknown>;
  sensitivity: string;
  requires_approval: boolean;
  rule: unknown;
  digest: string;
  status: "active" | "retired";
  created_at: Date;
  uses: number;
  last_used_at: Date | null;
}

const COLUMNS = sql`t.id, t.name, t.version, t.title, t.description, t.input_schema, t.sensitivity, t.requires_approval, t.rule, t.digest,
  t.status, t.created_at,
  (select count(*)::integer from tool_runs u where u.tenant_id = t.tenant_id and u.tool = t.name and u.tool_version = t.version) as uses,
  (select max(u.intended_at) from tool_runs u where u.tenant_id = t.tenant_id and u.tool = t.name and u.tool_version = t.version) as last_used_at`;

/** The catalogue by name, the newest version first. */
export async function listTools(
  db: Executor,
  filter: {
    tenantId: string;
    status: "active" | "all";
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  const { rows } = await sql<ToolRecord>`
    select ${COLUMNS} from agent_tools t
    where t.tenant_id = ${filter.tenantId}::uuid and (${filter.status === "all"}::boolean or t.status = 'active')
      and (${after === undefined}::boolean or (t.name, t.id) > (${after?.[0] ?? null}::text, ${after?.[1] ?? null}::uuid))
    order by t.name, t.id limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.name, row.id]);
}

/** The version that holds now. */
export async function findTool(
  db: Executor,
  tenantId: string,
  name: string,
): Promise<ToolRecord | undefined> {
  const { rows } = await sql<ToolRecord>`
    select ${COLUMNS} from agent_tools t
    where t.tenant_id = ${tenantId}::uuid and t.name = ${name} and t.status = 'active'
  `.execute(db);
  return rows[0];
}

export interface ToolInUse {
  name: string;
  version: string;
  title: string;
  input_schema: Record<string, unknown>;
  requires_approval: boolean;
}

/** As an agent reads it. */
export async function findToolInUse(
  db: Executor,
  tenantId: string,
  name: string,
): Promise<ToolInUse | undefined> {
  const { rows } = await sql<ToolInUse>`
    select t.name, t.version, t.title, t.input_schema, t.requires_approval from agent_tools t
    where t.tenant_id = ${tenantId}::uuid and t.name = ${name} and t.status = 'active'
  `.execute(db);
  return rows[0];
}

export interface ToolRunRecord {
  id: string;
  tool: string;
  tool_version: string;
  name: string;
  run_id: string;
  step_id: string;
  agent: string;
  status: string;
  arguments_digest: string;
  result_digest: string | null;
  approval_id: string | null;
  intended_at: Date;
  ended_at: Date | null;
}

/** Uses of tools, newest first. */
export async function listToolRuns(
  db: Executor,
  filter: {
    tenantId: string;
    tool: string | null;
    runId: string | null;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  const { rows } = await sql<ToolRunRecord>`
    select u.id, u.tool, u.tool_version, u.name, u.run_id, u.step_id, coalesce(a.name, u.agent_id) as agent, u.status, u.arguments_digest,
      u.result_digest, g.approval_id, u.intended_at, u.ended_at
    from tool_runs u
    left join agent_registry a on a.id::text = u.agent_id
    left join approval_grants g on g.id = u.grant_id
    where u.tenant_id = ${filter.tenantId}::uuid and (${filter.tool}::text is null or u.tool = ${filter.tool})
      and (${filter.runId}::uuid is null or u.run_id = ${filter.runId}::uuid)
      and (${after === undefined}::boolean or u.id < ${after?.[0] ?? null}::uuid)
    order by u.id desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.id]);
}
