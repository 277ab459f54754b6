import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { system } from "@nofx/control/seams";
import { createWorkerEngine, silentDoorbell, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { Fleet } from "../src/presence/fleet.ts";
import { sealLoop } from "../src/sealer/seal-loop.ts";

let t: TestPlane;
let engine: WorkerEngine;
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "sealer",
  });
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});

test("sealers count what happens to plans and questions, and what gates say, each once", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  const item = (id: string, more: object = {}) => ({
    id,
    title: id,
    kind: "shell",
    with: { script: ":" },
    owner: "team",
    ...more,
  });
  const items = ["a", "b"].map((id) => item(id, { sensitive: true }));
  await importBacklog(again(operator), { document: { version: 1, pack: "p", items } });
  const plan = await createPlan(again(operator), { pack: "p" });
  await executePlan(again(operator), { planId: plan.id });
  const asked = await listApprovals(supervisor, {});
  const [first] = asked.items;
  expect(asked.items).toHaveLength(2);
  await decideApproval(again(supervisor), { approvalId: first?.id ?? "", decision: "approve" });
  await t.owner.query(
    "update approvals set expires_at = clock_timestamp() where tenant_id = $1 and status = 'pending'",
    [supervisor.tenantId],
  );
  await engine.expireApprovals(10);

  const metrics = createMetrics();
  const ending = new AbortController();
  const loops = [1, 2].map(() =>
    sealLoop(
      {
        clock: system.clock,
        engine,
        doorbell: silentDoorbell(system.clock),
        metrics,
        fleet: new Fleet(system.random),
      },
      ending.signal,
      (error) => {
        throw error;
      },
    ),
  );
  await until("all is sealed", async () => {
    const { rows } = await t.owner.query("select from events where seq is null");
    return rows.length === 0;
  });
  ending.abort();
  await Promise.all(loops);
  const text = await metrics.expose();
  const { rows: verdicts } = await t.owner.query<{ gate: string; verdict: string }>(
    "select gate, verdict from plan_evaluations where tenant_id = $1",
    [operator.tenantId],
  );
  expect(verdicts.length).toBeGreaterThan(0);
  for (const line of [
    'nofx_plan_events_total{event="created"} 1',
    'nofx_plan_events_total{event="ready"} 1',
    'nofx_approval_events_total{event="requested"} 2',
    'nofx_approval_events_total{event="approved"} 1',
    'nofx_approval_events_total{event="expired"} 1',
    ...verdicts.map(
      ({ gate, verdict }) => `nofx_gate_verdicts_total{gate="${gate}",verdict="${verdict}"} 1`,
    ),
  ]) {
    expect(text).toContain(line);
  }
});
