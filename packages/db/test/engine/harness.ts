import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type pg from "pg";
import { createDatabase, createPool } from "@nofx/db/client";
import { exchange, type ClaimedStepRow, type Executor, type Settlement } from "@nofx/db/leases";
import { createTestDatabase } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";

export const LEASE_MS = 30_000;

export interface Engine {
  /** Past row level security, to prepare and to look. */
  readonly owner: pg.Pool;
  /** The engine's own login. */
  readonly worker: Kysely<DB>;
  claim(worker?: string, want?: number, leaseMs?: number): Promise<ClaimedStepRow[]>;
  settle(settlements: Settlement[], worker?: string): ReturnType<typeof exchange>;
  /** Runs `work` as the agent API does: its login, the agent's role and claims. */
  asAgent<T>(
    agent: { id: string; tenantId: string },
    work: (db: Transaction<DB>) => Promise<T>,
  ): Promise<T>;
  step(
    id: string,
  ): Promise<Record<string, unknown> & { status: string; holds: number; epoch: number }>;
  /** Lets the lease of a step run out. */
  lapse(stepId: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startEngine(): Promise<Engine> {
  const database = await createTestDatabase();
  const pool = (role: string) =>
    createPool({ connectionString: database.url(role), applicationName: "test", max: 20 });
  const owner = pool("postgres");
  const workerPool = pool("nofx_worker");
  const agentPool = pool("nofx_agent_gateway");
  const worker = createDatabase<DB>(workerPool);
  const agents = createDatabase<DB>(agentPool);
  const handlers = ["shell@1", "approval@1"];
  const empty = {
    settlements: [],
    renewals: [],
    want: 0,
    leaseMs: LEASE_MS,
    handlers,
    version: null,
  };
  return {
    owner,
    worker,
    claim: async (name = "w1", want = 100, leaseMs = LEASE_MS) =>
      (await exchange(worker, { ...empty, worker: name, want, leaseMs })).claimed,
    settle: (settlements, name = "w1") => exchange(worker, { ...empty, worker: name, settlements }),
    asAgent: (agent, work) =>
      agents.transaction().execute(async (tx) => {
        const claims = JSON.stringify({
          role: "nofx_agent",
          agent_id: agent.id,
          tenant_id: agent.tenantId,
        });
        await sql`select set_config('role', 'nofx_agent', true), set_config('request.jwt.claims', ${claims}, true)`.execute(
          tx,
        );
        return work(tx);
      }),
    step: async (id) => (await owner.query("select * from steps where id = $1", [id])).rows[0],
    lapse: async (id) => {
      await owner.query("update steps set lease_until = clock_timestamp() where id = $1", [id]);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), workerPool.end(), agentPool.end()]);
      await database.drop();
    },
  };
}

export const done = (step: { id: string; epoch: number }, output: unknown = null): Settlement => ({
  stepId: step.id,
  epoch: step.epoch,
  outcome: "succeeded",
  output,
});

export const failed = (step: { id: string; epoch: number }, retryMs?: number): Settlement => ({
  stepId: step.id,
  epoch: step.epoch,
  outcome: "failed",
  error: { code: "exit_nonzero", message: "no" },
  retryMs,
});

export const released = (step: { id: string; epoch: number }): Settlement => ({
  stepId: step.id,
  epoch: step.epoch,
  outcome: "released",
});

export const agentOf = (agent: { id: string; tenantId: string }) =>
  ({ type: "agent", owner: agent.id, tenantId: agent.tenantId }) satisfies Executor;

/** The SQLSTATE that a call was refused with. */
export async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
