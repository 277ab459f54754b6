import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  appendLogs,
  checkpoint,
  claimForAgent,
  describeHeld,
  renew,
  settle,
} from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant, type SeededAgent } from "@nofx/db/testing";
import { agentOf, done, LEASE_MS, refusal, startEngine, type Engine } from "./harness.ts";

// An agent's transaction may call the engine's functions by itself: each must hold it to its own name and tenant.
let engine: Engine;
let agent: SeededAgent;
let rival: SeededAgent;
let stranger: SeededAgent;
let held: { stepId: string; epoch: number };

beforeAll(async () => {
  engine = await startEngine();
  const [tenant, other] = [await seedTenant(engine.owner), await seedTenant(engine.owner)];
  const work = { capabilities: ["test.work"] };
  agent = await seedAgent(engine.owner, tenant.id, work);
  rival = await seedAgent(engine.owner, tenant.id, work);
  stranger = await seedAgent(engine.owner, other.id, work);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "one", kind: "agent" },
    { name: "shell" },
  ]);
  await engine.asAgent(agent, (db) =>
    claimForAgent(db, agentOf(agent), { ...work, limit: 1, leaseMs: LEASE_MS }),
  );
  held = { stepId: run.steps["one"]!, epoch: 1 };
});
afterAll(() => engine[Symbol.asyncDispose]());

const FORBIDDEN = "42501";
const LOST = "NX001";

test("an agent does not claim the worker's steps", async () => {
  const asWorker = sql`select engine.claim(${agent.id}, 'worker', array['shell'], ${agent.tenantId}::uuid, '{}', 5, 1000)`;
  expect(await refusal(engine.asAgent(agent, (db) => asWorker.execute(db)))).toBe(FORBIDDEN);
});

test("an agent does not speak for the engine, nor for another agent", async () => {
  const settleAs = (owner: string, tenant: string | null) =>
    engine.asAgent(rival, (db) =>
      sql`select engine.settle(${owner}, 'agent', ${tenant}::uuid, '[]')`.execute(db),
    );
  expect(await refusal(settleAs(agent.id, agent.tenantId))).toBe(FORBIDDEN);
  expect(await refusal(settleAs(rival.id, null))).toBe(FORBIDDEN);
  expect(await refusal(settleAs(rival.id, stranger.tenantId))).toBe(FORBIDDEN);
});

describe.each([
  ["another agent of the tenant", () => rival],
  ["an agent of another tenant", () => stranger],
])("%s", (_name, who) => {
  test("cannot touch a claim that is not its own", async () => {
    const other = who();
    const claim = { ...held, tenantId: other.tenantId };
    const as = <T>(work: Parameters<typeof engine.asAgent<T>>[1]) => engine.asAgent(other, work);
    const answer = await as((db) =>
      settle(db, agentOf(other), [done({ id: held.stepId, epoch: held.epoch })]),
    );
    expect(answer.results).toMatchObject([{ result: "stale" }]);
    expect(await as((db) => renew(db, agentOf(other), [held], LEASE_MS))).toMatchObject([
      { held: false },
    ]);
    expect(await as((db) => describeHeld(db, agentOf(other), [held]))).toEqual([]);
    expect(await refusal(as((db) => checkpoint(db, claim, "x", 1)))).toBe(LOST);
    expect(await refusal(as((db) => appendLogs(db, claim, [])))).toBe(LOST);
    expect(await engine.step(held.stepId)).toMatchObject({ status: "assigned", epoch: 1 });
  });
});

test("a member may call none of the lease functions", async () => {
  const { rows } = await engine.owner.query(
    `select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'engine' and has_function_privilege('nofx_member', p.oid, 'execute')
     order by 1`,
  );
  // those of messages and redactions ask for the tenant of the caller first
  expect(rows.map((row) => row.proname)).toEqual([
    "accept_loss",
    "answer_wait",
    "apply_approval",
    "ask_accept_loss",
    "barred",
    "begin_redaction",
    "cancel_run",
    "cancel_step",
    "capability_demand",
    "ceilings",
    "content_kek",
    "count_queued",
    "dispatch_evidence",
    "enqueue",
    "expire_approval",
    "find_conversation",
    "fork",
    "is_held",
    "is_of_type",
    "is_run",
    "is_step",
    "keep_wanted",
    "move_cursor",
    "pause_run",
    "plain_texts",
    "post_message",
    "queue_stats",
    "read_board",
    "read_messages",
    "redact_message",
    "redrive",
    // arithmetic, for the room that a budget has left
    "refill",
    "resolve_letter",
    "restore",
    "resume_run",
    "run_schedule",
    "sealed_content",
    "send_event",
    "send_message",
    "start_run",
    "use_answers",
    "wanted",
  ]);
});
