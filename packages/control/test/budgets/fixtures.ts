import { randomUUID } from "node:crypto";
import { reserve } from "@nofx/control/budgets";
import type { MemberContext } from "@nofx/control/command";
import type { TestPlane, TestTenant } from "@nofx/control/testing";
import type { BudgetAmounts, Refused, ReserveAnswer, ReserveRequest } from "@nofx/core/budgets";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";

export interface Made {
  scope?: string;
  subject?: string;
  model?: string;
  measure?: string;
  window?: string;
  limit: number | bigint;
  outcome?: string;
  extra?: number;
  perSeconds?: number;
  burst?: number;
}

export interface Counter {
  used: string;
  reserved: string;
  overrun: string;
  extra: string;
  refusals: number;
  tokens: string | null;
  starts_at: Date;
  ends_at: Date | null;
}

/** `agent`: in the name of this one. */
type Asked = Partial<Omit<ReserveRequest, "amounts">> & { db?: Kysely<DB>; agent?: string };

export interface Books {
  readonly plane: TestPlane;
  readonly tenant: TestTenant;
  readonly admin: MemberContext;
  /** As it is stored, past the command. Answers its id. */
  budget(made: Made): Promise<string>;
  counters(id: string): Promise<Counter[]>;
  counter(id: string): Promise<Counter>;
  ask(amounts: BudgetAmounts, asked?: Asked): Promise<ReserveAnswer>;
  /** Throws where it is refused. */
  hold(amounts: BudgetAmounts, asked?: Asked): Promise<string>;
  /** Throws where it is not. */
  refused(amounts: BudgetAmounts, asked?: Asked): Promise<Refused>;
  /** The lease of a reservation has run out. */
  lose(id: string): Promise<void>;
  /** Many connections of the login that serves requests. */
  manyConnections(count: number): Kysely<DB>;
}

/** A tenant of its own in the same database. */
export async function openBooks(plane: TestPlane): Promise<Books> {
  const { owner } = plane;
  const tenant = await plane.tenant();
  const admin = await tenant.as("admin");
  const claims = { sub: admin.actor.id, tenant_id: tenant.id };
  const ask: Books["ask"] = (amounts, { db = plane.plane.db, agent, ...asked } = {}) =>
    reserve(
      {
        db,
        newUuid: randomUUID,
        claims: agent === undefined ? claims : { agent_id: agent, tenant_id: tenant.id },
      },
      {
        tenantId: tenant.id,
        requestKey: randomUUID(),
        scopes: {},
        leaseMs: 60_000,
        ...asked,
        amounts,
      },
    );
  const counters: Books["counters"] = async (id) => {
    const { rows } = await owner.query<Counter>(
      "select * from budget_counters where budget_id = $1 order by starts_at, subject",
      [id],
    );
    return rows;
  };
  return {
    plane,
    tenant,
    admin,
    counters,
    ask,
    async counter(id) {
      const rows = await counters(id);
      if (rows[0] === undefined || rows.length > 1) throw new Error(`${rows.length} counters`);
      return rows[0];
    },
    async budget(made) {
      const isRate = made.perSeconds !== undefined;
      const { rows } = await owner.query<{ id: string }>(
        `insert into budgets (tenant_id, name, scope, subject, model, measure, kind, "window", "limit", per_seconds, burst, outcome,
           extra, created_by, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) returning id`,
        [
          tenant.id,
          `b-${randomUUID()}`,
          made.scope ?? "tenant",
          made.subject,
          made.model,
          made.measure ?? "usd",
          isRate ? "rate" : "cap",
          isRate ? "rate" : (made.window ?? "total"),
          String(made.limit),
          made.perSeconds,
          made.burst,
          made.outcome ?? "stop",
          made.extra ?? 0,
          admin.actor.id,
        ],
      );
      return rows[0]?.id ?? "";
    },
    async hold(amounts, asked) {
      const answer = await ask(amounts, asked);
      if (answer.outcome === "reserved") return answer.reservationId;
      throw new Error(`refused: ${answer.measure} of ${answer.scope}`);
    },
    async refused(amounts, asked) {
      const answer = await ask(amounts, asked);
      if (answer.outcome !== "reserved") return answer;
      throw new Error("it was reserved");
    },
    async lose(id) {
      await owner.query(
        "update budget_reservations set expires_at = clock_timestamp() - interval '1 second' where id = $1",
        [id],
      );
    },
    manyConnections(count) {
      const pool = createPool({
        connectionString: plane.database.url("nofx_web"),
        applicationName: "many",
        max: count,
      });
      return createDatabase<DB>(pool);
    },
  };
}
