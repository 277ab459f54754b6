import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface PlanStepRecord {
  id: string;
  name: string;
  title: string;
  item_key: string;
  kind: string;
  capability: string | null;
  arguments: Record<string, unknown>;
  needs: string[];
  priority: number;
  position: number;
  sensitive: boolean;
  risk: string[];
  labels: string[];
  owner: string | null;
  token: string;
  arguments_digest: string;
  x: number;
  y: number;
  verdict: string;
  approval_id: string | null;
  approval_status: string | null;
  resources: string[];
  estimate: unknown;
  start_seconds: number | null;
  slack_seconds: number | null;
  critical: boolean;
}

/** Steps of a plan in plan order, each with its newest approval. */
export async function listPlanSteps(
  db: Executor,
  filter: { planId: string; cursor?: string | undefined; limit: number },
) {
  const after = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<PlanStepRecord>`
    select s.id, s.name, s.title, s.item_key, s.kind, s.capability, s.arguments, s.needs, s.priority, s.position, s.sensitive, s.risk,
           s.labels, s.owner, s.token, s.arguments_digest, s.x, s.y, s.verdict, a.id as approval_id, a.status as approval_status,
           s.resources, s.estimate, s.start_seconds, s.slack_seconds, s.critical
    from plan_steps s
    left join lateral (
      select a.id, a.status from approvals a where a.plan_step_id = s.id order by a.id desc limit 1
    ) a on s.sensitive
    where s.plan_id = ${filter.planId}::uuid and (${after}::integer is null or s.position > ${after}::integer)
    order by s.position limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.position]);
}

/** Every step of a plan, as versions are compared. */
export async function loadComparedSteps(db: Executor, planId: string) {
  return db
    .selectFrom("plan_steps")
    .select([
      "name",
      "title",
      "position",
      "needs",
      "kind",
      "capability",
      "queue",
      "arguments",
      "priority",
      "sensitive",
      "risk",
      "labels",
      "owner",
      "undo",
      "pivot",
      "max_failures",
      "deadline_seconds",
      "resources",
      "start_seconds",
      "estimate",
    ])
    .where("plan_id", "=", planId)
    .execute();
}
export type ComparedStepRecord = Awaited<ReturnType<typeof loadComparedSteps>>[number];

/** Every step of a plan as it was stored, in plan order: to see that what runs is what was judged. */
export async function loadStoredSteps(db: Executor, planId: string) {
  return db
    .selectFrom("plan_steps")
    .select([
      "name",
      "item_key",
      "title",
      "kind",
      "executor",
      "capability",
      "queue",
      "arguments",
      "needs",
      "priority",
      "position",
      "sensitive",
      "risk",
      "labels",
      "owner",
      "undo",
      "pivot",
      "max_failures",
      "deadline_seconds",
      "token",
    ])
    .where("plan_id", "=", planId)
    .orderBy("position")
    .execute();
}

export interface EvaluationRecord {
  gate: string;
  verdict: string;
  score: number;
  digest: string;
  rules_digest: string | null;
  model: string | null;
  findings: unknown[];
  at: Date;
}

export async function listEvaluations(db: Executor, planId: string): Promise<EvaluationRecord[]> {
  const { rows } = await sql<EvaluationRecord>`
    select gate, verdict, score, digest, rules_digest, model, findings, at from plan_evaluations
    where plan_id = ${planId}::uuid
    order by case gate when 'structural' then 1 when 'risk' then 2 when 'compliance' then 3 else 4 end, at
  `.execute(db);
  return rows;
}
