import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface BudgetRecord {
  id: string;
  name: string;
  note: string;
  scope: string;
  subject: string | null;
  subject_name: string | null;
  model: string | null;
  measure: string;
  kind: "cap" | "rate";
  window: string;
  limit: string;
  per_seconds: number | null;
  burst: number | null;
  outcome: string;
  extra: string;
  enabled: boolean;
  version: number;
  created_at: Date;
  changed_at: Date;
  changed_by: string;
  uses: BudgetUseRecord[];
  subjects: number;
}

/** One window of one subject. Money and counts as text. Of a rate `used` is what is missing from the bucket. */
export interface BudgetUseRecord {
  subject: string;
  subject_name: string | null;
  starts_at: string;
  ends_at: string | null;
  limit: string;
  used: string;
  reserved: string;
  overrun: string;
  extra: string;
  refusals: number;
  exhausted_at: string | null;
  approval_id: string | null;
}

/** What is stored of a new one. Numbers as text. */
export interface NewBudget {
  id: string;
  tenantId: string;
  name: string;
  note: string;
  scope: string;
  subject: string | null;
  model: string | null;
  measure: string;
  kind: "cap" | "rate";
  window: string;
  limit: string;
  perSeconds: number | null;
  burst: number | null;
  outcome: string;
  extra: string;
  by: string;
}

export type BudgetLimits = Pick<
  NewBudget,
  "note" | "limit" | "perSeconds" | "burst" | "outcome" | "extra"
> & { enabled: boolean };

/** Who a counter is about, in words. */
const SUBJECT_NAME = (scope: RawBuilder<unknown>, subject: RawBuilder<unknown>) => sql`case ${scope}
    when 'agent' then (select a.name from agent_registry a where a.id::text = ${subject})
    when 'run' then (select coalesce(r.title, p.title) from runs_all r left join plans p on p.id = r.plan_id where r.id = (${subject})::uuid)
    when 'step' then (select s.name from steps_all s where s.id = (${subject})::uuid)
  end`;

const GONE = sql`case b.kind when 'rate' then greatest(0, b.burst - floor(engine.refill(c.tokens, c.refilled_at, b."limit"::integer,
    b.per_seconds, b.burst, clock_timestamp()))) else c.used end`;

const USE = sql`c.subject, ${SUBJECT_NAME(sql`b.scope`, sql`c.subject`)} as subject_name, c.starts_at, c.ends_at,
    (case b.kind when 'rate' then b.burst else b."limit" + c.extra end)::text as "limit", ${GONE}::text as used, c.reserved::text as reserved,
    c.overrun::text as overrun, c.extra::text as extra, c.refusals, c.exhausted_at, c.approval_id`;

/** Answers false where the tenant has another one of this name. */
export async function insertBudget(db: Executor, made: NewBudget): Promise<boolean> {
  const { rows } = await sql`
    insert into budgets (id, tenant_id, name, note, scope, subject, model, measure, kind, "window", "limit", per_seconds, burst, outcome, extra,
      created_by, changed_by)
    values (${made.id}::uuid, ${made.tenantId}::uuid, ${made.name}, ${made.note}, ${made.scope}, ${made.subject}, ${made.model}, ${made.measure},
      ${made.kind}, ${made.window}, ${made.limit}::numeric, ${made.perSeconds}, ${made.burst}, ${made.outcome}, ${made.extra}::numeric,
      ${made.by}::uuid, ${made.by}::uuid)
    on conflict (tenant_id, name) where removed_at is null do nothing
    returning id
  `.execute(db);
  return rows.length > 0;
}

export async function countBudgets(db: Executor, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from budgets where tenant_id = ${tenantId}::uuid and removed_at is null and session_id is null
  `.execute(db);
  return rows[0]?.n ?? 0;
}

/** Holds a budget until the command ends. Answers whether it is there. */
export async function lockBudget(db: Executor, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    select id from budgets where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and removed_at is null and session_id is null for no key update
  `.execute(db);
  return rows.length > 0;
}

/** New limits; they hold from the next reservation on. */
export async function updateBudget(
  db: Executor,
  of: { id: string; by: string },
  to: BudgetLimits,
): Promise<void> {
  await sql`
    update budgets
    set note = ${to.note}, "limit" = ${to.limit}::numeric, per_seconds = ${to.perSeconds}, burst = ${to.burst}, outcome = ${to.outcome},
      extra = ${to.extra}::numeric, enabled = ${to.enabled}, version = version + 1, changed_by = ${of.by}::uuid, changed_at = clock_timestamp()
    where id = ${of.id}::uuid
  `.execute(db);
}

/** It binds nothing any more; what was counted stays. */
export async function removeBudget(db: Executor, of: { id: string; by: string }): Promise<void> {
  await sql`
    update budgets
    set removed_at = clock_timestamp(), version = version + 1, changed_by = ${of.by}::uuid, changed_at = clock_timestamp()
    where id = ${of.id}::uuid
  `.execute(db);
}

/** By name, each with the windows of now that are fullest. */
export async function listBudgets(
  db: Executor,
  filter: {
    tenantId: string;
    id?: string | undefined;
    scope?: string | undefined;
    subject?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<BudgetRecord>`
    select b.id, b.name, b.note, b.scope, b.subject, ${SUBJECT_NAME(sql`b.scope`, sql`b.subject`)} as subject_name, b.model, b.measure, b.kind,
      b."window", b."limit"::text, b.per_seconds, b.burst, b.outcome, b.extra::text, b.enabled, b.version, b.created_at, b.changed_at,
      coalesce((select m.name from members m where m.tenant_id = b.tenant_id and m.user_id = b.changed_by), b.changed_by::text) as changed_by,
      coalesce((select jsonb_agg(u) from (
        select ${USE}
        from budget_counters c
        where c.budget_id = b.id and c.starts_at = app.window_start(b."window", app.time_zone(b.tenant_id), clock_timestamp())
        order by ${GONE} + c.reserved - c.extra desc, c.subject limit 3) u), '[]') as uses,
      (select count(*)::integer from budget_counters c
        where c.budget_id = b.id and c.starts_at = app.window_start(b."window", app.time_zone(b.tenant_id), clock_timestamp())) as subjects
    from budgets b
    where b.tenant_id = ${filter.tenantId}::uuid and b.removed_at is null and b.session_id is null
      and (${filter.id ?? null}::uuid is null or b.id = ${filter.id ?? null}::uuid)
      and (${filter.scope ?? null}::text is null or b.scope = ${filter.scope ?? null})
      and (${filter.subject ?? null}::text is null or b.subject = ${filter.subject ?? null})
      and (${after}::text is null or b.name > ${after}::text)
    order by b.name limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.name]);
}

/** Windows of a budget, the newest first, of each the fullest first. */
export async function listBudgetUses(
  db: Executor,
  filter: {
    budgetId: string;
    subject?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const [startsAt = null, subject = null] = decodeCursor(filter.cursor) ?? [];
  const { rows } = await sql<BudgetUseRecord & { starts_at: Date; at: string }>`
    select ${USE}, c.starts_at::text as at
    from budget_counters c join budgets b on b.id = c.budget_id
    where c.budget_id = ${filter.budgetId}::uuid
      and (${filter.subject ?? null}::text is null or c.subject = ${filter.subject ?? null})
      and (${startsAt}::text is null or (c.starts_at, c.subject) < (${startsAt}::text::timestamptz, ${subject}::text))
    order by c.starts_at desc, c.subject desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.at, row.subject]);
}

/** By whose clock the tenant's windows begin: an IANA name. */
export async function loadTimeZone(db: Executor, tenantId: string): Promise<string> {
  const { rows } = await sql<{ zone: string }>`
    select app.time_zone(${tenantId}::uuid) as zone
  `.execute(db);
  return rows[0]?.zone ?? "UTC";
}

/** Whether the database knows a time zone of that name. */
export async function isTimeZone(db: Executor, zone: string): Promise<boolean> {
  const { rows } = await sql`
    select from pg_catalog.pg_timezone_names n where n.name = ${zone}
  `.execute(db);
  return rows.length > 0;
}

export async function setTimeZone(db: Executor, tenantId: string, zone: string): Promise<void> {
  await sql`
    insert into tenant_settings (tenant_id, key, value) values (${tenantId}::uuid, 'time_zone', to_jsonb(${zone}::text))
    on conflict (tenant_id, key) do update set value = excluded.value, updated_at = clock_timestamp()
  `.execute(db);
}

/** An agent of the tenant by its id or its name. */
export async function findAgent(
  db: Executor,
  tenantId: string,
  by: { id: string } | { name: string },
): Promise<{ id: string; name: string } | undefined> {
  const { rows } = await sql<{ id: string; name: string }>`
    select a.id, a.name from agent_registry a
    where a.tenant_id = ${tenantId}::uuid and ${"id" in by ? sql`a.id = ${by.id}::uuid` : sql`a.name = ${by.name}`}
  `.execute(db);
  return rows[0];
}

/** Adds what a yes of people adds; null where there is nothing to add any more. */
export async function extendBudget(
  db: Executor,
  approvalId: string,
): Promise<{ budget_id: string; extra: string } | null> {
  const { rows } = await sql<{ added: { budget_id: string; extra: string } | null }>`
    select app.extend_budget(${approvalId}::uuid) as added
  `.execute(db);
  return rows[0]?.added ?? null;
}
