import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface ComparisonRecord {
  id: string;
  pack_id: string;
  pack: string;
  items: string[] | null;
  seed: number;
  time_limit_ms: number;
  prompt_digest: string;
  own: unknown;
  created_by_name: string;
  created_at: Date;
  models: number;
  usable: number;
  unfinished: number;
  asking: number;
}

export interface ComparisonRowRecord {
  model: string;
  status: string;
  latency_ms: number | null;
  usage: unknown;
  cost_pico: string | null;
  price: unknown;
  error_code: string | null;
  error: string | null;
  document: unknown;
  document_digest: string | null;
  repairs: unknown;
  reasons: unknown;
  plan: unknown;
  differences: unknown;
  plan_id: string | null;
}

export async function insertComparison(
  db: Executor,
  comparison: {
    id: string;
    tenantId: string;
    packId: string;
    items: readonly string[] | undefined;
    models: readonly string[];
    seed: number;
    timeLimitMs: number;
    promptDigest: string;
    own: object;
    createdBy: string;
    createdByName: string;
  },
): Promise<void> {
  const { id, tenantId, models, items } = comparison;
  await sql`
    insert into model_comparisons (id, tenant_id, pack_id, items, seed, time_limit_ms, prompt_digest, own, created_by, created_by_name)
    values (${id}::uuid, ${tenantId}::uuid, ${comparison.packId}::uuid, ${items === undefined ? null : [...items]}::text[],
      ${comparison.seed}, ${comparison.timeLimitMs}, ${comparison.promptDigest}, ${JSON.stringify(comparison.own)}::jsonb,
      ${comparison.createdBy}::uuid, ${comparison.createdByName})
  `.execute(db);
  await sql`
    insert into model_comparison_rows (comparison_id, tenant_id, model, position)
    select ${id}::uuid, ${tenantId}::uuid, model, n from unnest(${[...models]}::text[]) with ordinality m (model, n)
  `.execute(db);
}

const COLUMNS = sql`c.id, c.pack_id, p.name as pack, c.items, c.seed, c.time_limit_ms, c.prompt_digest, c.own, c.created_by_name,
  c.created_at, r.models, r.usable, r.unfinished, r.asking`;
// who asked and is not heard of any more asks no longer
const FROM = sql`from model_comparisons c join packs p on p.id = c.pack_id cross join lateral (
  select count(*)::integer as models, (count(*) filter (where r.status in ('usable', 'repaired')))::integer as usable,
    (count(*) filter (where r.ended_at is null))::integer as unfinished,
    (count(*) filter (where r.status = 'asking' and r.asked_until > clock_timestamp()))::integer as asking
  from model_comparison_rows r where r.comparison_id = c.id) r`;

export async function findComparison(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<ComparisonRecord | undefined> {
  const { rows } = await sql<ComparisonRecord>`
    select ${COLUMNS} ${FROM} where c.id = ${id}::uuid and c.tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0];
}

/** The tenant's comparisons, newest first. */
export async function listComparisons(
  db: Executor,
  filter: { tenantId: string; cursor?: string | undefined; limit: number },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<ComparisonRecord>`
    select ${COLUMNS} ${FROM}
    where c.tenant_id = ${filter.tenantId}::uuid and (${before}::uuid is null or c.id < ${before}::uuid)
    order by c.id desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function listComparisonRows(
  db: Executor,
  comparisonId: string,
): Promise<ComparisonRowRecord[]> {
  const { rows } = await sql<ComparisonRowRecord>`
    select model, case when status = 'asking' and asked_until <= clock_timestamp() then 'waiting' else status end as status, latency_ms,
      usage, cost_pico::text, price, error_code, error, document, document_digest, repairs, reasons,
      case when verdict is null then null else json_build_object('steps', steps, 'makespanSeconds', makespan_seconds, 'verdict', verdict,
        'score', score, 'gates', gates) end as plan,
      differences, plan_id
    from model_comparison_rows where comparison_id = ${comparisonId}::uuid order by position
  `.execute(db);
  return rows;
}

export interface ClaimedModel {
  model: string;
  /** Who asks says so when the answer is there: another may ask by then. */
  asked_until: string;
}

/** Takes the models that nobody asks yet, or whose asker has not been heard of in time. */
export async function claimComparisonRows(
  db: Executor,
  comparisonId: string,
  forMs: number,
): Promise<ClaimedModel[]> {
  const { rows } = await sql<ClaimedModel>`
    update model_comparison_rows set status = 'asking', asked_until = clock_timestamp() + ${forMs} * interval '1 millisecond'
    where comparison_id = ${comparisonId}::uuid
      and (status = 'waiting' or (status = 'asking' and asked_until <= clock_timestamp()))
    returning model, asked_until::text
  `.execute(db);
  return rows;
}

export interface ComparisonOutcome {
  status: "usable" | "repaired" | "refused" | "failed";
  latencyMs: number | null;
  usage?: object | undefined;
  costPico?: bigint | undefined;
  price?: object | undefined;
  error?: { code: string; message: string } | undefined;
  document?: object | undefined;
  documentDigest?: string | undefined;
  repairs?: readonly object[] | undefined;
  reasons?: readonly object[] | undefined;
  plan?:
    | {
        steps: number;
        makespanSeconds: number | null;
        verdict: string;
        score: number;
        gates: object;
      }
    | undefined;
  differences?: object | undefined;
}

/** Stores what became of a claimed model. False where somebody else asks it by now: theirs counts. */
export async function endComparisonRow(
  db: Executor,
  comparisonId: string,
  { model, asked_until: until }: ClaimedModel,
  outcome: ComparisonOutcome,
): Promise<boolean> {
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  const { error, plan } = outcome;
  const { numAffectedRows } = await sql`
    update model_comparison_rows set status = ${outcome.status}, asked_until = null, ended_at = clock_timestamp(),
      latency_ms = ${outcome.latencyMs}, usage = ${json(outcome.usage)}::jsonb, cost_pico = ${outcome.costPico?.toString() ?? null}::numeric,
      price = ${json(outcome.price)}::jsonb, error_code = ${error?.code ?? null}, error = ${error?.message ?? null},
      document = ${json(outcome.document)}::jsonb, document_digest = ${outcome.documentDigest ?? null},
      repairs = ${json(outcome.repairs ?? [])}::jsonb, reasons = ${json(outcome.reasons ?? [])}::jsonb,
      verdict = ${plan?.verdict ?? null}, score = ${plan?.score ?? null}::integer, gates = ${json(plan?.gates)}::jsonb,
      steps = ${plan?.steps ?? null}::integer, makespan_seconds = ${plan?.makespanSeconds ?? null}::double precision,
      differences = ${json(outcome.differences)}::jsonb
    where comparison_id = ${comparisonId}::uuid and model = ${model} and status = 'asking' and asked_until = ${until}::timestamptz
  `.execute(db);
  return numAffectedRows === 1n;
}

/** Those who end a row of a comparison queue up here: only the last one finds that none is left. */
export async function countUnfinished(db: Executor, comparisonId: string): Promise<number> {
  // of its own role nobody may lock a row that nobody may change
  await sql`select pg_advisory_xact_lock(hashtextextended('comparison:' || ${comparisonId}, 0))`.execute(
    db,
  );
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from model_comparison_rows where comparison_id = ${comparisonId}::uuid and ended_at is null
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Notes which version of the plan was made of a model's answer. */
export async function adoptComparisonRow(
  db: Executor,
  comparisonId: string,
  model: string,
  planId: string,
): Promise<void> {
  await sql`
    update model_comparison_rows set plan_id = ${planId}::uuid where comparison_id = ${comparisonId}::uuid and model = ${model}
  `.execute(db);
}
