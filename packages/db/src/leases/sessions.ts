import type { SessionState } from "@nofx/core/orchestration";
import { ItemType, SessionStatus, StepStatus } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb, Freed } from "./engine-db.ts";

/** The claim of a session's step by a worker. */
export interface SessionClaim {
  readonly stepId: string;
  readonly epoch: number;
}

/** What a session may use. `depth` counts from the root of its tree, `usd` is in picodollars. */
const Quotas = z.object({
  depth: z.number(),
  fanOut: z.number(),
  agents: z.number().optional(),
  usd: z.string().optional(),
  seconds: z.number(),
  failures: z.number(),
});
export type SessionQuotas = z.infer<typeof Quotas>;

const KnownSession = z.object({
  tenant_id: z.string(),
  run_id: z.string(),
  /** Steps above it. */
  depth: z.number(),
  session: z
    .object({
      id: z.string(),
      status: SessionStatus,
      state: z.custom<SessionState>(),
      revision: z.number(),
      decision_id: z.string().nullable(),
      rounds: z.number(),
      quotas: Quotas,
      /** Its time is over. */
      late: z.boolean(),
      seconds: z.number(),
    })
    .nullable(),
  parent: z
    .object({ id: z.string(), depth: z.number(), quotas: Quotas, seconds_left: z.number() })
    .nullable(),
  priority: z.number(),
  /** Of the backlog, where it comes from there. */
  item: z.object({ labels: z.array(z.string()), type: ItemType.nullable() }).nullable(),
  children_left: z.number(),
  ended: z.array(
    z.object({
      name: z.string(),
      status: StepStatus.extract(["succeeded", "failed", "cancelled"]),
      output: z.unknown(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
export type KnownSession = z.infer<typeof KnownSession>;

/** What a new session is stored as. */
export interface NewSession {
  readonly asked: string;
  readonly strategy: string;
  readonly mode: string | null;
  readonly capability: string;
  readonly decision_id: string | null;
  readonly state: SessionState;
  readonly region: string | null;
  readonly quotas: SessionQuotas;
}

/** Locks all open steps of its run, first of all, where some of them are to be called off. */
export async function lockForSession(db: EngineDb, { stepId }: SessionClaim): Promise<void> {
  await sql`select engine.session_lock(${stepId}::uuid)`.execute(db);
}

/** All that a session decides by; its step is locked until the transaction ends. */
export async function readSession(db: EngineDb, claim: SessionClaim): Promise<KnownSession> {
  return KnownSession.parse(
    await callOne(
      db,
      sql`select engine.session_read(${claim.stepId}::uuid, ${claim.epoch}) as value`,
    ),
  );
}

/** Answers its id. */
export async function beginSession(
  db: EngineDb,
  claim: SessionClaim,
  session: NewSession,
): Promise<string> {
  return z
    .string()
    .parse(
      await callOne(
        db,
        sql`select engine.session_begin(${claim.stepId}::uuid, ${claim.epoch}, ${JSON.stringify(session)}::jsonb) as value`,
      ),
    );
}

/** Stores what it knows now, on top of the revision that was read. */
export async function saveSession(
  db: EngineDb,
  claim: SessionClaim,
  known: {
    readonly revision: number;
    readonly state: SessionState;
    readonly rounds: number;
  },
): Promise<void> {
  await sql`select engine.session_save(${claim.stepId}::uuid, ${claim.epoch}, ${known.revision},
    ${JSON.stringify(known.state)}::jsonb, ${known.rounds})`.execute(db);
}

/** What a reviewer said, once a round. */
export async function keepVerdict(
  db: EngineDb,
  claim: SessionClaim,
  verdict: Readonly<Record<string, unknown>>,
): Promise<void> {
  await sql`select engine.session_verdict(${claim.stepId}::uuid, ${claim.epoch}, ${JSON.stringify(verdict)}::jsonb)`.execute(
    db,
  );
}

const FreedSteps = z.object({ for_workers: z.number(), for_agents: z.number() });

/** Calls off children, and all below them. The transaction has begun with `lockForSession`. */
export async function cancelChildren(
  db: EngineDb,
  claim: SessionClaim,
  names: readonly string[],
  reason: string,
): Promise<Freed> {
  return FreedSteps.parse(
    await callOne(
      db,
      sql`select engine.session_cancel(${claim.stepId}::uuid, ${claim.epoch}, ${[...names]}::text[], ${reason}) as value`,
    ),
  );
}

/**
 * Waits, without an executor, until no more than `upto` of its children are under way or its time is over. False where that is so
 * already; true ends the lease.
 */
export async function waitForChildren(
  db: EngineDb,
  claim: SessionClaim,
  name: string,
  upto: number,
): Promise<boolean> {
  return z
    .boolean()
    .parse(
      await callOne(
        db,
        sql`select engine.session_wait(${claim.stepId}::uuid, ${claim.epoch}, ${name}, ${upto}) as value`,
      ),
    );
}

/** What a session and all below it have paid for models so far, in picodollars. */
export async function costOfSession(db: EngineDb, { stepId }: SessionClaim): Promise<string> {
  return z
    .string()
    .parse(
      await callOne(db, sql`select trunc(engine.session_cost(${stepId}::uuid))::text as value`),
    );
}
