import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

/** A message that a redaction is of. */
export interface RedactionTarget {
  id: string;
  run_id: string | null;
  at: Date;
  held: boolean;
}

export type RedactionKind = "message" | "conversation" | "run";

/** The messages of a target that say something still, oldest first. */
export async function findRedactionTargets(
  db: Executor,
  of: { tenantId: string; kind: RedactionKind; id: string; limit: number },
): Promise<RedactionTarget[]> {
  const column = { message: "id", conversation: "conversation_id", run: "run_id" }[of.kind];
  const { rows } = await sql<RedactionTarget>`
    select m.id, m.run_id, m.at, engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id) as held
    from agent_messages_all m
    where m.tenant_id = ${of.tenantId}::uuid and ${sql.ref(column)} = ${of.id}::uuid
      and (m.sealed is not null or m.payload is not null)
    order by m.id limit ${of.limit}
  `.execute(db);
  return rows;
}

/** Whether there is such a thing in the tenant, and whether it is held as a whole. */
export async function findHoldable(
  db: Executor,
  of: { tenantId: string; kind: RedactionKind; id: string },
): Promise<{ held: boolean; run_id: string | null } | undefined> {
  const found: Record<RedactionKind, RawBuilder<unknown>> = {
    message: sql`select m.id, m.conversation_id, m.run_id from agent_messages_all m where m.id = ${of.id}::uuid and m.tenant_id = ${of.tenantId}::uuid`,
    conversation: sql`select null::uuid as id, c.id as conversation_id, c.run_id from conversations c where c.id = ${of.id}::uuid and c.tenant_id = ${of.tenantId}::uuid`,
    run: sql`select null::uuid as id, null::uuid as conversation_id, r.id as run_id from runs_all r where r.id = ${of.id}::uuid and r.tenant_id = ${of.tenantId}::uuid`,
  };
  const { rows } = await sql<{ held: boolean; run_id: string | null }>`
    select engine.is_held(${of.tenantId}::uuid, f.id, f.conversation_id, f.run_id) as held, f.run_id from (${found[of.kind]}) f
  `.execute(db);
  return rows[0];
}

export interface RedactionRecord {
  id: string;
  kind: RedactionKind;
  of_id: string;
  how: "whole" | "fields" | "pattern" | "text";
  detail: { fields?: string[]; pattern?: string };
  reason: string;
  status: "pending" | "refused" | "applied" | "purged";
  held: boolean;
  approval_id: string | null;
  requested_by: string;
  requested_by_name: string;
  requested_at: Date;
  decided_by_name: string | null;
  applied_at: Date | null;
  purge_by: Date | null;
  purged_at: Date | null;
  messages: number;
  copies: number;
  files: number;
}

const COLUMNS = sql`id, kind, of_id, how, detail, reason, status, held, approval_id, requested_by, requested_by_name, requested_at,
  decided_by_name, applied_at, purge_by, purged_at, messages, copies, files`;

export async function findRedaction(
  db: Executor,
  tenantId: string,
  by: { id: string } | { approvalId: string },
): Promise<RedactionRecord | undefined> {
  const which = "id" in by ? sql`id = ${by.id}::uuid` : sql`approval_id = ${by.approvalId}::uuid`;
  const { rows } = await sql<RedactionRecord>`
    select ${COLUMNS} from redactions where tenant_id = ${tenantId}::uuid and ${which}
  `.execute(db);
  return rows[0];
}

export async function listRedactions(
  db: Executor,
  filter: { tenantId: string; cursor?: string | undefined; limit: number },
): Promise<{ items: RedactionRecord[]; nextCursor: string | null }> {
  const after = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<RedactionRecord>`
    select ${COLUMNS} from redactions
    where tenant_id = ${filter.tenantId}::uuid and (${after}::uuid is null or id < ${after}::uuid)
    order by id desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function insertRedaction(
  db: Executor,
  row: {
    id: string;
    tenantId: string;
    kind: RedactionKind;
    ofId: string;
    how: RedactionRecord["how"];
    detail: Record<string, unknown>;
    reason: string;
    held: boolean;
    by: { id: string; name: string };
  },
): Promise<void> {
  await sql`
    insert into redactions (id, tenant_id, kind, of_id, how, detail, reason, status, held, requested_by, requested_by_name)
    values (${row.id}::uuid, ${row.tenantId}::uuid, ${row.kind}, ${row.ofId}::uuid, ${row.how}, ${JSON.stringify(row.detail)}::jsonb,
      ${row.reason}, 'pending', ${row.held}, ${row.by.id}::uuid, ${row.by.name})
  `.execute(db);
}

interface SealedBytes {
  sealed: Uint8Array;
  wrapped: Uint8Array;
  kek: string | null;
}

/** Keeps, sealed, what a redaction that waits for a second person is to take out. */
export async function keepWanted(
  db: Executor,
  of: { tenantId: string; id: string; approvalId: string } & SealedBytes,
): Promise<void> {
  await sql`
    select engine.keep_wanted(${of.tenantId}::uuid, ${of.id}::uuid, ${of.approvalId}::uuid, ${of.sealed}, ${of.wrapped}, ${of.kek})
  `.execute(db);
}

/** What `keepWanted` kept. */
export async function findWanted(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<SealedBytes | undefined> {
  const { rows } = await sql<SealedBytes>`
    select * from engine.wanted(${tenantId}::uuid, ${id}::uuid)
  `.execute(db);
  return rows[0];
}

export async function decideRedaction(
  db: Executor,
  of: { id: string; status: "pending" | "refused"; by: { id: string; name: string } },
): Promise<void> {
  await sql`
    update redactions set status = ${of.status}, decided_by = ${of.by.id}::uuid, decided_by_name = ${of.by.name}
    where id = ${of.id}::uuid and status = 'pending'
  `.execute(db);
}

/** A redaction begins, with what copies are looked for. */
export async function beginRedaction(
  db: Executor,
  of: { tenantId: string; id: string; runs: readonly string[]; since: Date } & SealedBytes,
): Promise<void> {
  await sql`
    select engine.begin_redaction(${of.tenantId}::uuid, ${of.id}::uuid, ${[...of.runs]}::uuid[], ${of.since}, ${of.sealed}, ${of.wrapped},
      ${of.kek})
  `.execute(db);
}

/** Takes what a message says from it; `left` is what stays of it, sealed anew. False where there is nothing to take. */
export async function redactMessage(
  db: Executor,
  of: {
    tenantId: string;
    redactionId: string;
    messageId: string;
    by: string;
    why: string;
    left: SealedBytes | null;
    needles: readonly string[];
  },
): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    select engine.redact_message(${of.tenantId}::uuid, ${of.redactionId}::uuid, ${of.messageId}::uuid, ${of.by}, ${of.why},
      ${of.left?.sealed ?? null}, ${of.left?.wrapped ?? null}, ${of.left?.kek ?? null}, ${[...of.needles]}::text[]) as done
  `.execute(db);
  return rows[0]?.done ?? false;
}

/** Every text in the plain columns of runs: where copies of what was said may be. */
export async function plainTexts(
  db: Executor,
  tenantId: string,
  runIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`
    select t as text from engine.plain_texts(${tenantId}::uuid, ${[...runIds]}::uuid[]) as t
  `.execute(db);
  return rows.map(({ text }) => text);
}

export interface HoldRecord {
  id: string;
  kind: "message" | "conversation" | "run" | "tenant";
  of_id: string;
  reason: string;
  placed_by_name: string;
  placed_at: Date;
  lifted_by_name: string | null;
  lifted_at: Date | null;
}

export async function placeHold(
  db: Executor,
  hold: {
    id: string;
    tenantId: string;
    kind: HoldRecord["kind"];
    ofId: string;
    reason: string;
    by: { id: string; name: string };
  },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with placed as (
      insert into legal_holds (id, tenant_id, kind, of_id, reason, placed_by, placed_by_name)
      values (${hold.id}::uuid, ${hold.tenantId}::uuid, ${hold.kind}, ${hold.ofId}::uuid, ${hold.reason}, ${hold.by.id}::uuid, ${hold.by.name})
      on conflict (tenant_id, kind, of_id) where lifted_at is null do nothing returning id
    )
    select id from placed union all
    select id from legal_holds where tenant_id = ${hold.tenantId}::uuid and kind = ${hold.kind} and of_id = ${hold.ofId}::uuid
      and lifted_at is null and not exists (select from placed)
  `.execute(db);
  return rows[0]?.id ?? hold.id;
}

export async function liftHold(
  db: Executor,
  of: { tenantId: string; id: string; by: { id: string; name: string } },
): Promise<boolean> {
  const { rows } = await sql`
    update legal_holds set lifted_by = ${of.by.id}::uuid, lifted_by_name = ${of.by.name}, lifted_at = clock_timestamp()
    where id = ${of.id}::uuid and tenant_id = ${of.tenantId}::uuid and lifted_at is null returning id
  `.execute(db);
  return rows.length > 0;
}

export async function listHolds(db: Executor, tenantId: string): Promise<HoldRecord[]> {
  const { rows } = await sql<HoldRecord>`
    select id, kind, of_id, reason, placed_by_name, placed_at, lifted_by_name, lifted_at
    from legal_holds where tenant_id = ${tenantId}::uuid order by id desc limit 500
  `.execute(db);
  return rows;
}

/** What a worker takes on: a redaction whose copies are to be looked for. */
export interface DueRedaction {
  id: string;
  tenant_id: string;
  sealed: Uint8Array | null;
  wrapped: Uint8Array | null;
  kek: string | null;
  /** This look is the last one. */
  last: boolean;
}

export async function redactionsDue(db: Executor, limit: number): Promise<DueRedaction[]> {
  const { rows } = await sql<DueRedaction>`select * from engine.redactions_due(${limit})`.execute(
    db,
  );
  return rows;
}

export async function purgePlain(
  db: Executor,
  id: string,
  needles: readonly string[],
): Promise<void> {
  await sql`select engine.purge_plain(${id}::uuid, ${[...needles]}::text[])`.execute(db);
}

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

export async function redactionMessages(
  db: Executor,
  id: string,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from engine.redaction_messages(${id}::uuid, ${after ?? BEFORE_ALL}::uuid, ${limit})
  `.execute(db);
  return rows.map((row) => row.id);
}

export async function redactionArtifacts(
  db: Executor,
  id: string,
): Promise<{ id: string; tenant_id: string; path: string; size: number }[]> {
  const { rows } = await sql<{ id: string; tenant_id: string; path: string; size: number }>`
    select * from engine.redaction_artifacts(${id}::uuid)
  `.execute(db);
  return rows;
}

export async function redactArtifact(db: Executor, id: string, artifactId: string): Promise<void> {
  await sql`select engine.redact_artifact(${id}::uuid, ${artifactId}::uuid)`.execute(db);
}

export async function redactionLooked(db: Executor, id: string, last: boolean): Promise<void> {
  await sql`select engine.redaction_looked(${id}::uuid, ${last})`.execute(db);
}

/** Keys of content under older KEKs. */
export async function contentKeysToRewrap(
  db: Executor,
  limit: number,
  after: string = BEFORE_ALL,
): Promise<{ id: string; tenant_id: string; wrapped: Uint8Array; kek: string }[]> {
  const { rows } = await sql<{ id: string; tenant_id: string; wrapped: Uint8Array; kek: string }>`
    select * from app.content_keys_to_rewrap(${after}::uuid, ${limit})
  `.execute(db);
  return rows;
}

/** Stores what was wrapped anew; answers how many nobody had changed. */
export async function storeRewrappedContent(
  db: Executor,
  rows: readonly { id: string; from: string; wrapped: string; kek: string }[],
): Promise<number> {
  const answer = await sql<{ n: number }>`
    select app.rewrap_content_keys(${JSON.stringify(rows)}::jsonb) as n
  `.execute(db);
  return answer.rows[0]?.n ?? 0;
}

/** Deletes messages that have been kept long enough; answers how many. */
export async function sweepMessages(db: Executor, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`select engine.sweep_messages(${limit}) as n`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** What holds for the plane; what is left out stays. */
export async function setPlaneMessages(
  db: Executor,
  policy: Readonly<Record<string, number>>,
): Promise<void> {
  await sql`select engine.set_plane_messages(${JSON.stringify(policy)}::jsonb)`.execute(db);
}
