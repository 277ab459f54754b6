import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export type ConversationKind = "tenant" | "run" | "session" | "step" | "agent";

export interface BusPlace {
  run_id: string | null;
  correlation_id: string | null;
  /** Who holds it; null while nobody does. */
  agent_id: string | null;
  epoch: number | null;
  sessions: string[];
}

/** What a sender is part of, by the step that it holds. */
export async function findBusPlace(
  db: Executor,
  tenantId: string,
  stepId: string,
): Promise<BusPlace> {
  const { rows } = await sql<BusPlace>`
    select * from app.bus_place(${tenantId}::uuid, ${stepId}::uuid)
  `.execute(db);
  return (
    rows[0] ?? { run_id: null, correlation_id: null, agent_id: null, epoch: null, sessions: [] }
  );
}

/** Whom an address names; undefined where there is no such one in the tenant. */
export async function findBusTarget(
  db: Executor,
  tenantId: string,
  target: { kind: ConversationKind; id: string | null; name: string | null },
): Promise<{ of_id: string; run_id: string | null; ended: boolean } | undefined> {
  const { rows } = await sql<{ of_id: string; run_id: string | null; ended: boolean }>`
    select * from app.bus_target(${tenantId}::uuid, ${target.kind}, ${target.id}::uuid, ${target.name})
  `.execute(db);
  return rows[0];
}

export interface StoredRule {
  id: string;
  agent_id: string | null;
  channel: string;
  type_prefix: string;
  verb: "send" | "read";
  effect: "allow" | "deny";
}

export async function listChannelRules(db: Executor, tenantId: string): Promise<StoredRule[]> {
  const { rows } = await sql<StoredRule>`
    select id, agent_id, channel, type_prefix, verb, effect from channel_rules
    where tenant_id = ${tenantId}::uuid order by channel, type_prefix, verb, id
  `.execute(db);
  return rows;
}

/** The schema of a tenant's own type, of its newest version; undefined where it is not registered. */
export async function findMessageType(
  db: Executor,
  tenantId: string,
  name: string,
): Promise<{ version: number; schema: Record<string, unknown> } | undefined> {
  const { rows } = await sql<{ version: number; schema: Record<string, unknown> }>`
    select version, schema from message_types
    where tenant_id = ${tenantId}::uuid and name = ${name} order by version desc limit 1
  `.execute(db);
  return rows[0];
}

/** Stores the next version of a type; the newest where it says the same. */
export async function putMessageType(
  db: Executor,
  type: {
    tenantId: string;
    name: string;
    schema: Record<string, unknown>;
    by: { type: string; id: string };
  },
): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    with held as materialized (
      select pg_advisory_xact_lock(hashtextextended(${`message_type|${type.tenantId}|${type.name}`}, 0))
    ),
    newest as (
      select t.version, t.schema from message_types t, held
      where t.tenant_id = ${type.tenantId}::uuid and t.name = ${type.name} order by t.version desc limit 1
    ),
    put as (
      insert into message_types (tenant_id, name, version, schema, registered_by_type, registered_by)
      select ${type.tenantId}::uuid, ${type.name}, coalesce((select version from newest), 0) + 1,
        ${JSON.stringify(type.schema)}::jsonb, ${type.by.type}, ${type.by.id}
      where not exists (select from newest where schema = ${JSON.stringify(type.schema)}::jsonb)
      returning version
    )
    select version from put union all select version from newest where not exists (select from put)
  `.execute(db);
  return rows[0]?.version ?? 1;
}

export interface PostedMessage {
  message_id: string | null;
  conversation_id?: string;
  seq?: number;
  repeated?: boolean;
  ended?: boolean;
  /** What stands under the key instead. */
  conflict?: number;
  head?: number;
  /** The KEK that wraps its key is retired, or unknown. */
  kek_refused?: true;
  for_workers: number;
  for_agents: number;
}

/** Puts a message on the bus: see engine.post_message. Null where the step that it goes to is not there. */
export async function postMessage(
  db: Executor,
  tenantId: string,
  message: Record<string, unknown>,
): Promise<PostedMessage | null> {
  const { rows } = await sql<{ posted: PostedMessage | null }>`
    select engine.post_message(${tenantId}::uuid, ${JSON.stringify(message)}::jsonb) as posted
  `.execute(db);
  return rows[0]?.posted ?? null;
}

export interface MessageRecord {
  id: string;
  tenant_id: string;
  run_id: string | null;
  step_id: string | null;
  to_step: string | null;
  to_agent: string | null;
  session_id: string | null;
  channel: string;
  type: string;
  version: number;
  correlation_id: string;
  causation_id: string | null;
  payload: unknown;
  at: Date;
  conversation_id: string | null;
  conversation_seq: number | null;
  sender_type: "agent" | "member" | "system";
  sender_id: string;
  sender_name: string;
  class: "transient" | "standard" | "audit";
  refs: { artifacts?: string[]; checkpoints?: { step_id: string; name: string }[] } | null;
  board_key: string | null;
  content_hash: string | null;
  acknowledged_at: Date | null;
  redacted_at: Date | null;
  redacted_by: string | null;
  redacted_why: string | null;
}

export async function readMessages(
  db: Executor,
  of: { tenantId: string; conversationId: string; from: number; limit: number },
): Promise<MessageRecord[]> {
  const { rows } = await sql<MessageRecord>`
    select * from engine.read_messages(${of.tenantId}::uuid, ${of.conversationId}::uuid, ${of.from}, ${of.limit})
  `.execute(db);
  return rows;
}

export async function readBoard(
  db: Executor,
  of: { tenantId: string; conversationId: string; after: number; limit: number },
): Promise<MessageRecord[]> {
  const { rows } = await sql<MessageRecord>`
    select * from engine.read_board(${of.tenantId}::uuid, ${of.conversationId}::uuid, ${of.after}, ${of.limit})
  `.execute(db);
  return rows;
}

/** Undefined where nothing was ever sent there. */
export async function findConversation(
  db: Executor,
  of: { tenantId: string; kind: ConversationKind; ofId: string; channel: string },
): Promise<{ id: string; seq: number; oldest: number | null } | undefined> {
  const { rows } = await sql<{ id: string; seq: number; oldest: number | null }>`
    select * from engine.find_conversation(${of.tenantId}::uuid, ${of.kind}, ${of.ofId}::uuid, ${of.channel})
  `.execute(db);
  return rows[0];
}

/** Moves a reader's place forward; answers it, and what was redacted of what the reader had read. */
export async function moveCursor(
  db: Executor,
  of: { tenantId: string; conversationId: string; reader: string; done: number | null },
): Promise<{ done: number; redacted: string[] }> {
  const { rows } = await sql<{ done: number; redacted: string[] }>`
    select * from engine.move_cursor(${of.tenantId}::uuid, ${of.conversationId}::uuid, ${of.reader}, ${of.done})
  `.execute(db);
  return rows[0] ?? { done: 0, redacted: [] };
}

/** A message by its id, in the caller's tenant. */
export async function findMessage(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<MessageRecord | undefined> {
  const { rows } = await sql<MessageRecord>`
    select * from agent_messages_all where id = ${id}::uuid and tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0];
}

/** Which of these artifacts and checkpoints there are, of a run and its family. */
export async function findReferences(
  db: Executor,
  tenantId: string,
  refs: { artifacts: readonly string[]; checkpoints: readonly { stepId: string; name: string }[] },
): Promise<{ artifacts: string[]; checkpoints: string[] }> {
  const { rows } = await sql<{ artifacts: string[] | null; checkpoints: string[] | null }>`
    select
      (select array_agg(a.id) from artifacts_all a
        where a.tenant_id = ${tenantId}::uuid and a.id = any (${[...refs.artifacts]}::uuid[])) as artifacts,
      (select array_agg(c.step_id || '/' || c.name) from checkpoints c
        where c.tenant_id = ${tenantId}::uuid
          and (c.step_id, c.name) in (
            select * from unnest(${refs.checkpoints.map((one) => one.stepId)}::uuid[], ${refs.checkpoints.map((one) => one.name)}::text[])
          )) as checkpoints
  `.execute(db);
  return { artifacts: rows[0]?.artifacts ?? [], checkpoints: rows[0]?.checkpoints ?? [] };
}

/** The correlation of a run, and whether it has ended. */
export async function findRunCorrelation(
  db: Executor,
  tenantId: string,
  runId: string,
): Promise<{ correlation_id: string; ended: boolean } | undefined> {
  const { rows } = await sql<{ correlation_id: string; ended: boolean }>`
    select correlation_id, finished_at is not null as ended from runs_all
    where id = ${runId}::uuid and tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0];
}

/** Stores a rule about a channel, in the place of one about the same; undefined where there is no such agent. */
export async function putChannelRule(
  db: Executor,
  rule: {
    id: string;
    tenantId: string;
    agentId: string | null;
    channel: string;
    typePrefix: string;
    verb: string;
    effect: string;
    by: string;
  },
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    insert into channel_rules (id, tenant_id, agent_id, channel, type_prefix, verb, effect, created_by)
    select ${rule.id}::uuid, ${rule.tenantId}::uuid, ${rule.agentId}::uuid, ${rule.channel}, ${rule.typePrefix}, ${rule.verb},
      ${rule.effect}, ${rule.by}
    where ${rule.agentId}::uuid is null
      or exists (select from agent_registry a where a.id = ${rule.agentId}::uuid and a.tenant_id = ${rule.tenantId}::uuid)
    on conflict (tenant_id, agent_id, channel, type_prefix, verb)
    do update set effect = excluded.effect, created_by = excluded.created_by, created_at = clock_timestamp()
    returning id
  `.execute(db);
  return rows[0]?.id;
}

export async function removeChannelRule(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<boolean> {
  const { rows } = await sql`
    delete from channel_rules where id = ${id}::uuid and tenant_id = ${tenantId}::uuid returning id
  `.execute(db);
  return rows.length > 0;
}

export async function listMessageTypes(
  db: Executor,
  tenantId: string,
): Promise<{ name: string; version: number; schema: Record<string, unknown>; created_at: Date }[]> {
  const { rows } = await sql<{
    name: string;
    version: number;
    schema: Record<string, unknown>;
    created_at: Date;
  }>`
    select distinct on (name) name, version, schema, created_at from message_types
    where tenant_id = ${tenantId}::uuid order by name, version desc limit 1000
  `.execute(db);
  return rows;
}

/** Days by class, as they hold in a tenant. */
export async function findMessageWindows(
  db: Executor,
  tenantId: string,
): Promise<Record<string, number | undefined>> {
  const { rows } = await sql<{ value: Record<string, number> }>`
    select coalesce((select value from plane_settings where key = 'messages'), '{}')
      || coalesce((select value from tenant_settings where tenant_id = ${tenantId}::uuid and key = 'messages'), '{}') as value
  `.execute(db);
  return rows[0]?.value ?? {};
}

/** Adds to what a tenant has said. */
export async function putMessageWindows(
  db: Executor,
  tenantId: string,
  own: Record<string, number>,
): Promise<void> {
  await sql`
    insert into tenant_settings (tenant_id, key, value) values (${tenantId}::uuid, 'messages', ${JSON.stringify(own)}::jsonb)
    on conflict (tenant_id, key) do update set value = tenant_settings.value || excluded.value, updated_at = clock_timestamp()
  `.execute(db);
}

/** Opens the question of an escalation; the same one for the same message. Answers the approval's id. */
export async function raiseEscalation(
  db: Executor,
  of: {
    tenantId: string;
    stepId: string;
    epoch: number;
    messageId: string;
    title: string;
    question: string;
    arguments: Record<string, unknown>;
    argumentsDigest: string;
    requester: string;
    expiresMs: number;
  },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select engine.raise_escalation(${of.tenantId}::uuid, ${of.stepId}::uuid, ${of.epoch}, ${of.messageId}::uuid, ${of.title}, ${of.question},
      ${JSON.stringify(of.arguments)}::jsonb, ${of.argumentsDigest}, ${of.requester}, ${of.expiresMs}) as id
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("raise_escalation answered nothing");
  return row.id;
}

/** The message that an approval is the question of, what its decider said, and whether its step has ended; undefined of any other. */
export async function findEscalation(
  db: Executor,
  tenantId: string,
  approvalId: string,
): Promise<{ message_id: string; reason: string | null; ended: boolean } | undefined> {
  const { rows } = await sql<{ message_id: string; reason: string | null; ended: boolean }>`
    select a.message_id,
      (select d.reason from approval_decisions d where d.approval_id = a.id order by d.at desc limit 1) as reason,
      not exists (
        select from steps s where s.id = a.step_id and s.status not in ('succeeded', 'failed', 'cancelled')) as ended
    from approvals a
    where a.id = ${approvalId}::uuid and a.tenant_id = ${tenantId}::uuid and a.message_id is not null
  `.execute(db);
  return rows[0];
}
