import type pg from "pg";
import { sql, type Transaction } from "kysely";
import type { StepState } from "@nofx/core/machine";
import { createDatabase, createPool } from "@nofx/db/client";
import { createTestDatabase, seedMember, seedRun, seedTenant } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";

export const EPOCH = 7;

/** Puts single rows into any state that a table of transitions names, and looks at what a verb made of them. */
export interface ParityBench {
  readonly owner: pg.Pool;
  readonly worker: ReturnType<typeof createDatabase<DB>>;
  readonly tenantId: string;
  readonly runId: string;
  readonly memberId: string;
  asMember<T>(work: (db: Transaction<DB>) => Promise<T>): Promise<T>;
  /** A fresh run and a step with these columns, under epoch 7 of worker p. Answers its id. */
  place(columns: Record<string, unknown>): Promise<string>;
  /** Another step of the run, that the placed one needs: held by worker p. */
  placeNeed(stepId: string): Promise<string>;
  read(stepId: string): Promise<StepState>;
  outcome(stepId: string): Promise<string | null>;
  told(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** SQL of a moment: the value of a column that has to be computed. */
export class At {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

const LEASED = ["assigned", "running"];
const ENDED = ["succeeded", "failed", "cancelled"];

export async function startParityBench(): Promise<ParityBench> {
  const database = await createTestDatabase();
  const pool = (role: string) =>
    createPool({ connectionString: database.url(role), applicationName: "test", max: 2 });
  const [owner, workerPool, webPool] = [pool("postgres"), pool("nofx_worker"), pool("nofx_web")];
  const [worker, web] = [createDatabase<DB>(workerPool), createDatabase<DB>(webPool)];
  const { id: tenantId } = await seedTenant(owner);
  const memberId = await seedMember(owner, tenantId, "admin");
  const run = await seedRun(owner, tenantId, [{ name: "template" }]);
  const template = run.steps["template"];

  async function insert(columns: Record<string, unknown>): Promise<string> {
    const names = Object.keys(columns);
    const values = Object.values(columns).map((value) =>
      value instanceof At ? `clock_timestamp() + interval '${value.seconds} s'` : literal(value),
    );
    const { rows } = await owner.query<{ id: string }>(
      `insert into steps (tenant_id, run_id, plan_step_id, title, kind, executor, priority, position, arguments, token,
         correlation_id ${names.map((name) => `, ${name}`).join("")})
       select tenant_id, run_id, plan_step_id, title, kind, executor, priority, position, arguments, token, correlation_id
         ${values.map((value) => `, ${value}`).join("")}
       from steps where id = $1 returning id`,
      [template],
    );
    return rows[0]?.id ?? "";
  }

  async function held(columns: Record<string, unknown>): Promise<string> {
    const status = String(columns["status"]);
    const leased = LEASED.includes(status);
    const { lease_until: leaseUntil = new At(60), ...others } = columns;
    const id = await insert({
      epoch: EPOCH,
      ...others,
      ...(leased ? { lease_owner: "p", lease_until: leaseUntil } : {}),
      ...(ENDED.includes(status) ? { finalised_at: new At(0) } : {}),
    });
    await owner.query(
      `insert into attempts (step_id, epoch, tenant_id, run_id, executor, finished_at, outcome)
       values ($1, $2, $3, $4, 'p', case when $5 then null else clock_timestamp() end, case when $5 then null else 'lost' end)`,
      [id, EPOCH, tenantId, run.id, leased],
    );
    return id;
  }

  return {
    owner,
    worker,
    tenantId,
    runId: run.id,
    memberId,
    asMember: (work) =>
      web.transaction().execute(async (tx) => {
        const as = JSON.stringify({ role: "nofx_member", sub: memberId });
        await sql`select set_config('role', 'nofx_member', true), set_config('request.jwt.claims', ${as}, true)`.execute(
          tx,
        );
        return work(tx);
      }),
    place: async (columns) => {
      await owner.query("delete from events");
      await owner.query("delete from approvals");
      for (const table of ["attempts", "checkpoints", "step_dependencies"])
        await owner.query(`delete from ${table} where step_id <> $1`, [template]);
      await owner.query("delete from steps where id <> $1", [template]);
      await owner.query(
        `update steps set status = 'succeeded', finalised_at = clock_timestamp() where id = $1 and status <> 'succeeded'`,
        [template],
      );
      await owner.query(
        `update runs set status = 'running', steps_left = 100, paused_at = null, cancel_requested_at = null, finished_at = null,
           compensation = 'none', outcome = null`,
      );
      return held({ name: "placed", ...columns });
    },
    placeNeed: async (stepId) => {
      const need = await held({ name: "need", status: "running" });
      await owner.query(
        "insert into step_dependencies (step_id, depends_on, tenant_id) values ($1, $2, $3)",
        [stepId, need, tenantId],
      );
      await owner.query("update steps set deps_left = 1, holds = holds | 1 where id = $1", [
        stepId,
      ]);
      return need;
    },
    read: async (stepId) => {
      const { rows } = await owner.query(
        `select status, holds, epoch::integer as epoch, failures, max_failures as "maxFailures", crashes,
           max_crashes as "maxCrashes", cancel_requested_at is not null as "cancelRequested" from steps where id = $1`,
        [stepId],
      );
      return rows[0];
    },
    outcome: async (stepId) => {
      const { rows } = await owner.query(
        "select outcome from attempts where step_id = $1 and epoch = $2",
        [stepId, EPOCH],
      );
      return rows[0]?.outcome ?? null;
    },
    told: async () => {
      const { rows } = await owner.query("select distinct type from events where run_id = $1", [
        run.id,
      ]);
      return rows.map((row) => row.type);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), workerPool.end(), webPool.end()]);
      await database.drop();
    },
  };
}

/** Values of these tests only: numbers, booleans, null and plain words. */
function literal(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}
