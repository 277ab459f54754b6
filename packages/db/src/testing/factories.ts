import { randomUUID } from "node:crypto";
import type pg from "pg";

/** What a test says about a step; everything else is made up. */
export type StepDraft = {
  name: string;
  kind?: "shell" | "approval" | "agent" | "http" | "wait" | "session";
  kindVersion?: number;
  capability?: string;
  needs?: string[];
  arguments?: Record<string, unknown>;
  priority?: number;
  maxFailures?: number;
  maxCrashes?: number;
  /** Held until a plan_step approval says yes. */
  sensitive?: boolean;
  /** What takes its effect back: registered when it succeeds. */
  undo?: { kind: string; with: Record<string, unknown> };
  pivot?: boolean;
  deadlineMs?: number;
};

export type SeededTenant = { id: string; slug: string };
export type SeededRun = {
  id: string;
  tenantId: string;
  /** Step ids by name. */
  steps: Record<string, string>;
};
export type SeededAgent = { id: string; tenantId: string; keySha256: string };

/** A tenant of its own for one test. `pool` must be able to write past row level security (`postgres`). */
export async function seedTenant(
  pool: pg.Pool,
  options: { shell?: "off" | "trusted" | "sandboxed" } = {},
): Promise<SeededTenant> {
  const id = randomUUID();
  const slug = `t-${id}`;
  await pool.query("insert into tenants (id, slug, name) values ($1, $2, $2)", [id, slug]);
  if (options.shell !== undefined) {
    await pool.query(
      "insert into tenant_settings (tenant_id, key, value) values ($1, 'shell', to_jsonb($2::text))",
      [id, options.shell],
    );
  }
  return { id, slug };
}

export async function seedMember(
  pool: pg.Pool,
  tenantId: string,
  role: "viewer" | "operator" | "supervisor" | "admin",
): Promise<string> {
  const userId = randomUUID();
  await pool.query(
    "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, $3, $4, $5)",
    [tenantId, userId, `${userId}@example.test`, role, role],
  );
  return userId;
}

export async function seedAgent(
  pool: pg.Pool,
  tenantId: string,
  options: { capabilities: string[]; keySha256?: string },
): Promise<SeededAgent> {
  const id = randomUUID();
  const keySha256 = options.keySha256 ?? randomUUID();
  await pool.query(
    "insert into agent_registry (id, tenant_id, name, capabilities) values ($1, $2, $3, $4)",
    [id, tenantId, `agent-${id}`, options.capabilities],
  );
  await pool.query(
    "insert into agent_keys (tenant_id, agent_id, key_sha256, hint) values ($1, $2, $3, 'test')",
    [tenantId, id, keySha256],
  );
  return { id, tenantId, keySha256 };
}

interface RunOptions {
  readonly workspace?: string;
  readonly undoOrder?: "completion" | "dependency";
  readonly compensate?: boolean;
}

/**
 * An approved plan and its run, queued: what `plans.execute` would have written, and like it in one transaction: a worker
 * that is at work sees all of it or nothing.
 */
export async function seedRun(
  pool: pg.Pool,
  tenantId: string,
  steps: StepDraft[],
  options: RunOptions = {},
): Promise<SeededRun> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const run = await insertRun(client, tenantId, steps, options);
    await client.query("commit");
    return run;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

async function insertRun(
  client: pg.PoolClient,
  tenantId: string,
  steps: StepDraft[],
  options: RunOptions,
): Promise<SeededRun> {
  const [packId, planId, runId, correlationId] = [
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
  ];
  const workspace = options.workspace ?? null;
  await client.query("insert into packs (id, tenant_id, name, workspace) values ($1, $2, $3, $4)", [
    packId,
    tenantId,
    `pack-${packId}`,
    workspace,
  ]);
  await client.query(
    `insert into plans (id, tenant_id, pack_id, version, title, workspace, status, verdict, score, digest, step_count,
       correlation_id, created_by_type, created_by)
     values ($1, $2, $3, 1, 'Test', $4, 'approved', 'allow', 100, '', $5, $6, 'system', 'test')`,
    [planId, tenantId, packId, workspace, steps.length, correlationId],
  );
  await client.query(
    `insert into runs (id, tenant_id, plan_id, workspace, step_count, steps_left, correlation_id, created_by_type, created_by,
       undo_order, compensate)
     values ($1, $2, $3, $4, $5, $5, $6, 'system', 'test', $7, $8)`,
    [
      runId,
      tenantId,
      planId,
      workspace,
      steps.length,
      correlationId,
      options.undoOrder ?? "completion",
      options.compensate ?? true,
    ],
  );
  const ids: Record<string, string> = {};
  // as the engine's own ids: what is made later sorts later
  const ordered = steps.map(() => randomUUID()).toSorted();
  for (const [position, step] of steps.entries()) {
    ids[step.name] = await insertStep(
      client,
      { tenantId, planId, packId, runId, correlationId },
      step,
      position,
      ordered[position] ?? randomUUID(),
    );
  }
  for (const step of steps) {
    for (const need of step.needs ?? []) {
      await client.query(
        "insert into step_dependencies (step_id, depends_on, tenant_id) values ($1, $2, $3)",
        [ids[step.name], ids[need], tenantId],
      );
    }
  }
  return { id: runId, tenantId, steps: ids };
}

async function insertStep(
  client: pg.PoolClient,
  of: { tenantId: string; planId: string; packId: string; runId: string; correlationId: string },
  step: StepDraft,
  position: number,
  id: string,
): Promise<string> {
  const [itemId, planStepId] = [randomUUID(), randomUUID()];
  const kind = step.kind ?? "shell";
  const executor = kind === "agent" ? "agent" : "worker";
  const needs = step.needs ?? [];
  const priority = step.priority ?? 3;
  const args = JSON.stringify(step.arguments ?? { command: ["true"] });
  const capability = kind === "agent" ? (step.capability ?? "test.work") : null;
  const holds = (needs.length > 0 ? 1 : 0) | (step.sensitive ? 2 : 0);
  await client.query(
    `insert into backlog_items (id, tenant_id, pack_id, key, title, kind, priority, position, digest)
     values ($1, $2, $3, $4, $4, $5, $6, $7, '')`,
    [itemId, of.tenantId, of.packId, step.name, kind, priority, position],
  );
  await client.query(
    `insert into plan_steps (id, tenant_id, plan_id, backlog_item_id, name, title, item_key, kind, executor, capability,
       arguments, needs, priority, position, sensitive, token, arguments_digest, verdict, x, y)
     values ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 'allow', 0, 0)`,
    [
      planStepId,
      of.tenantId,
      of.planId,
      itemId,
      step.name,
      kind,
      executor,
      capability,
      args,
      needs,
      priority,
      position,
      step.sensitive ?? false,
      `token-${id}`,
    ],
  );
  await client.query(
    `insert into steps (id, tenant_id, run_id, plan_step_id, name, title, kind, executor, capability, priority, position,
       arguments, token, sensitive, holds, deps_left, max_failures, max_crashes, correlation_id,
       kind_version, undo, pivot, deadline_ms)
     values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
    [
      id,
      of.tenantId,
      of.runId,
      planStepId,
      step.name,
      kind,
      executor,
      capability,
      priority,
      position,
      args,
      `token-${id}`,
      step.sensitive ?? false,
      holds,
      needs.length,
      step.maxFailures ?? 3,
      step.maxCrashes ?? 3,
      of.correlationId,
      step.kindVersion ?? 1,
      step.undo === undefined ? null : JSON.stringify(step.undo),
      step.pivot ?? false,
      step.deadlineMs ?? 86_400_000,
    ],
  );
  return id;
}

/** Removes runs whole: nothing cascades from them. */
export async function deleteRuns(pool: pg.Pool, where: string, values: unknown[]): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(`select id from runs where ${where}`, values);
  const ids = rows.map((row) => row.id);
  for (const table of ["attempts", "checkpoints", "step_dependencies"]) {
    await pool.query(
      `delete from ${table} where step_id in (select id from steps where run_id = any($1))`,
      [ids],
    );
  }
  for (const table of OF_RUNS)
    await pool.query(`delete from ${table} where run_id = any($1)`, [ids]);
  await pool.query("delete from runs where id = any($1)", [ids]);
}

const OF_RUNS = [
  "step_logs",
  "waits",
  "compensations",
  "dead_letters",
  "artifacts",
  "agent_messages",
  "approvals",
  "steps",
];
