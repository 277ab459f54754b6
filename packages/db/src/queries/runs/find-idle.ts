import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** Of a run that has work left, the step that is nearest to it: one at work, else one that could begin, else one that is held. */
export interface NearestStep {
  run_id: string;
  id: string;
  name: string;
  status: string;
  holds: number;
  capability: string | null;
  due: boolean;
  run_at: Date;
  epoch: number;
}

/** Larger runs are left out: their own pages say it, and nobody waits for a list to read all of their steps. */
const MAX_STEPS = 2_000;

/** For each of these runs that has not ended, the step that is nearest to work. */
export async function findNearestSteps(
  db: Executor,
  runIds: readonly string[],
): Promise<NearestStep[]> {
  if (runIds.length === 0) return [];
  const { rows } = await sql<NearestStep>`
    select r.id as run_id, s.*
    from runs r cross join lateral (
      select s.id, s.name, s.status, s.holds, s.capability, s.run_at <= clock_timestamp() as due, s.run_at, s.epoch
      from steps s
      where s.run_id = r.id and s.status in ('queued', 'assigned', 'running')
      -- the lowest bit of holds: other steps come first
      order by s.status = 'queued', s.holds & 1, s.holds <> 0, s.run_at > clock_timestamp(), s.position, s.id limit 1
    ) s
    where r.id = any(${[...runIds]}::uuid[]) and r.status in ('queued', 'running') and r.step_count <= ${MAX_STEPS}
  `.execute(db);
  return rows;
}

/** A capability that no active agent offers, with those that would: three at most of each. */
export interface Unoffered {
  capability: string;
  resting: {
    name: string;
    status: "draining" | "quarantined";
    by: "person" | "breaker";
    reason: string | null;
  }[];
}

/** Of these capabilities, those that no active agent of the tenant offers. */
export async function findUnoffered(
  db: Executor,
  tenantId: string,
  capabilities: readonly string[],
): Promise<Unoffered[]> {
  if (capabilities.length === 0) return [];
  const { rows } = await sql<Unoffered>`
    select c.capability, (
      select coalesce(jsonb_agg(r order by r.name), '[]') from (
        select g.name, g.status, g.status_by as by, g.status_reason as reason from agent_registry g
        where g.tenant_id = ${tenantId}::uuid and g.status in ('draining', 'quarantined') and c.capability = any(g.capabilities)
        order by g.name limit 3
      ) r) as resting
    from unnest(${[...capabilities]}::text[]) as c (capability)
    where not exists (
      select from agent_registry g
      where g.tenant_id = ${tenantId}::uuid and g.status = 'active' and c.capability = any(g.capabilities))
  `.execute(db);
  return rows;
}
