import type { AuditVerb, EventType } from "@nofx/core/vocabulary";
import { topicOf } from "@nofx/core/vocabulary";
import { canonicalJson } from "@nofx/core/canonical";
import { withTransaction } from "@nofx/db/client";
import { keepAnswer, type RequestKey } from "@nofx/db/queries";
import type { DB } from "@nofx/db/types";
import { sql, type RawBuilder, type Transaction } from "kysely";
import type { CallerContext } from "./context.ts";
import { fromDatabaseError } from "./database-errors.ts";

export interface EventDraft {
  /** A uuid v7, where something else refers to the event. */
  id?: string;
  type: EventType;
  payload: Record<string, unknown>;
  runId?: string;
  correlationId?: string;
}

interface AuditDraft {
  readonly verb: AuditVerb;
  /** The exact text that is hashed. */
  readonly body: string;
}

/** One command's transaction: the database under the caller's rights, and what is to be told of it. */
export interface CommandTransaction {
  readonly db: Transaction<DB>;
  /** Notes an event; all are written, and their topics nudged, just before the commit. */
  emit(event: EventDraft): void;
  /** Says that there is something newer of a run: for changes whose events the engine wrote itself. */
  nudge(runId: string): void;
  /**
   * Notes an entry of the hash-chained audit log. It is appended inside the commit: whoever appends holds the lock of the
   * tenant's head until its end, and all other commands of the tenant wait for it.
   */
  audit(verb: AuditVerb, body: Record<string, unknown>): Promise<void>;
  /** Stores the answer of the request, just before the commit. */
  keepAnswer(key: RequestKey, fingerprint: string, response: unknown): void;
  /** After the commit, wakes whoever executes such steps. */
  ring(counts: { for_workers: number; for_agents: number }): void;
}

/** Runs `work` in one transaction under row level security, as the member or agent of `ctx`. */
export async function inTransaction<T>(
  ctx: CallerContext,
  work: (tx: CommandTransaction) => Promise<T>,
): Promise<T> {
  let rung = false;
  try {
    const result = await withTransaction(ctx.plane.db, async (db) => {
      rung = false;
      const events: EventDraft[] = [];
      const touched = new Set<string>();
      const entries: AuditDraft[] = [];
      const answers: RawBuilder<void>[] = [];
      await assume(ctx, db);
      const value = await work({
        db,
        emit: (event) => events.push(event),
        nudge: (runId) => touched.add(runId),
        audit: async (verb, body) => {
          entries.push({ verb, body: canonicalJson(body) });
        },
        keepAnswer: (...answer) => {
          answers.push(keepAnswer(...answer));
        },
        ring: (counts) => {
          rung ||= counts.for_workers + counts.for_agents > 0;
        },
      });
      if (events.length > 0) await write(ctx, db, events);
      await close(ctx, db, topicsOf(ctx, events, touched), entries, answers);
      return value;
    });
    if (rung) ctx.plane.ring();
    return result;
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

/** One statement opens the transaction: role and claims hold until its end and no longer. */
async function assume(ctx: CallerContext, db: Transaction<DB>): Promise<void> {
  const role = ctx.actor.type === "member" ? "nofx_member" : "nofx_agent";
  const claims =
    ctx.actor.type === "member"
      ? { role, sub: ctx.actor.id, tenant_id: ctx.tenantId }
      : { role, agent_id: ctx.actor.id, tenant_id: ctx.tenantId };
  await sql`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`.execute(
    db,
  );
}

/** Which topics hear that there is something newer. */
function topicsOf(
  ctx: CallerContext,
  events: readonly EventDraft[],
  touched: ReadonlySet<string>,
): string[] {
  if (events.length + touched.size === 0) return [];
  const topics = new Set([topicOf.tenant(ctx.tenantId)]);
  for (const runId of touched) topics.add(topicOf.run(runId));
  for (const event of events) {
    if (event.runId !== undefined) topics.add(topicOf.run(event.runId));
    if (event.type.startsWith("approval.")) topics.add(topicOf.approvals(ctx.tenantId));
  }
  return [...topics];
}

/** The last statement before the commit. */
async function close(
  ctx: CallerContext,
  db: Transaction<DB>,
  topics: readonly string[],
  entries: readonly AuditDraft[],
  answers: readonly RawBuilder<void>[],
): Promise<void> {
  const nudges = JSON.stringify(topics.map((topic) => ({ topic, seq: null })));
  const calls = entries.map(
    ({ verb, body }): RawBuilder<unknown> =>
      sql`app.draft_audit(${ctx.tenantId}::uuid, ${verb}, ${ctx.actor.type}, ${ctx.actor.id}, ${body})`,
  );
  calls.unshift(...answers);
  if (topics.length > 0) calls.unshift(sql`app.nudge(${nudges}::jsonb)`);
  if (calls.length === 0) return;
  await sql`select ${sql.join(calls)}`.execute(db);
}

async function write(ctx: CallerContext, db: Transaction<DB>, events: EventDraft[]): Promise<void> {
  // the first event of a command led to the others
  const first = events[0]?.id ?? ctx.plane.newUuid();
  await db
    .insertInto("events")
    .values(
      events.map((event, i) => ({
        id: i === 0 ? first : (event.id ?? ctx.plane.newUuid()),
        causation_id: i === 0 ? null : first,
        tenant_id: ctx.tenantId,
        type: event.type,
        correlation_id: event.correlationId ?? ctx.correlationId,
        traceparent: ctx.traceparent ?? null,
        actor_type: ctx.actor.type,
        actor_id: ctx.actor.id,
        run_id: event.runId ?? null,
        payload: JSON.stringify(event.payload),
      })),
    )
    .execute();
}
