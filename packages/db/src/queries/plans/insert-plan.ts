import type { Undo } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { lockPack } from "../backlog/find-pack.ts";
import type { Executor } from "../executor.ts";
import { latestPlanVersion } from "./list-plans.ts";

export interface PlanStepRow {
  item_key: string;
  name: string;
  title: string;
  kind: string;
  executor: string;
  capability: string | null;
  queue: string;
  arguments: Record<string, unknown>;
  needs: readonly string[];
  priority: number;
  position: number;
  sensitive: boolean;
  risk: readonly string[];
  labels: readonly string[];
  owner: string | null;
  undo: Undo | null;
  pivot: boolean;
  max_failures: number;
  deadline_seconds: number;
  token: string;
  arguments_digest: string;
  verdict: string;
  x: number;
  y: number;
  resources: readonly string[];
  estimate: unknown;
  start_seconds: number | null;
  slack_seconds: number | null;
  critical: boolean;
}

/** Locks the pack, so that versions are given out one at a time, and answers the newest so far. */
export async function lockLatestVersion(db: Executor, packId: string) {
  await lockPack(db, packId);
  return latestPlanVersion(db, packId);
}

/** Writes all steps of a plan in one statement and answers the ids of those that need an approval. */
export async function insertPlanSteps(
  db: Executor,
  plan: { id: string; tenantId: string; packId: string },
  steps: readonly PlanStepRow[],
): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    with written as (
      insert into plan_steps (tenant_id, plan_id, backlog_item_id, name, title, item_key, kind, executor, capability, queue, arguments,
        needs, priority, position, sensitive, risk, labels, owner, undo, pivot, max_failures, deadline_seconds, token, arguments_digest,
        verdict, x, y, resources, estimate, start_seconds, slack_seconds, critical)
      select ${plan.tenantId}::uuid, ${plan.id}::uuid, i.id, s.name, s.title, s.item_key, s.kind, s.executor, s.capability, s.queue,
        s.arguments, s.needs, s.priority, s.position, s.sensitive, s.risk, s.labels, s.owner, s.undo, s.pivot,
        s.max_failures, s.deadline_seconds, s.token, s.arguments_digest, s.verdict, s.x, s.y,
        s.resources, s.estimate, s.start_seconds, s.slack_seconds, s.critical
      from jsonb_to_recordset(${JSON.stringify(steps)}::jsonb) as s (
        item_key text, name text, title text, kind text, executor text, capability text, queue text, arguments jsonb, needs text[],
        priority smallint, position integer, sensitive boolean, risk text[], labels text[], owner text, undo jsonb,
        pivot boolean, max_failures integer, deadline_seconds integer, token text,
        arguments_digest text, verdict text, x real, y real, resources text[], estimate jsonb,
        start_seconds double precision, slack_seconds double precision, critical boolean)
      join backlog_items i on i.pack_id = ${plan.packId}::uuid and i.key = s.item_key
      order by s.position
      returning id, name, sensitive
    )
    select id, name from written where sensitive
  `.execute(db);
  return rows;
}
