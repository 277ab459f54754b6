import { importBacklog } from "@nofx/control/backlog";
import { listEvents } from "@nofx/control/events";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { createDatabase, createPool } from "@nofx/db/client";
import { exchange, seal } from "@nofx/db/leases";
import type { DB } from "@nofx/db/types";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("everything a run leads to names its start as the cause, and carries its correlation and trace", async () => {
  const operator = await (await t.tenant()).as("operator");
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const ctx = { ...operator, traceparent };
  await importBacklog(again(operator), backlog("p", [shellItem("a")]));
  const plan = await createPlan(again(operator), { pack: "p" });
  await executePlan(again({ ...ctx, correlationId: t.plane.newUuid() }), { planId: plan.id });

  const pool = createPool({
    connectionString: t.database.url("nofx_worker"),
    applicationName: "w",
  });
  await using worker = createDatabase<DB>(pool);
  await exchange(worker, {
    worker: "w1",
    version: null,
    handlers: ["shell@1"],
    settlements: [],
    renewals: [],
    want: 1,
    leaseMs: 30_000,
  });
  // what is still being written anywhere in the cluster holds the sealer back
  await until("everything is sealed", async () => {
    await seal(worker, 100);
    const open = await t.owner.query("select 1 from events where seq is null");
    return open.rowCount === 0;
  });

  const { rows } = await t.owner.query(
    "select id, type, causation_id, correlation_id, traceparent from events where tenant_id = $1 order by seq",
    [operator.tenantId],
  );
  const queued = rows.find((row) => row.type === "run.queued");
  const engine = rows.filter((row) => ["run.started", "steps.claimed"].includes(row.type));
  expect(queued).toMatchObject({ causation_id: null, traceparent });
  expect(engine).toHaveLength(2);
  for (const row of engine) {
    expect(row).toMatchObject({
      causation_id: queued.id,
      correlation_id: queued.correlation_id,
      traceparent,
    });
  }
  const ready = rows.find((row) => row.type === "plan.ready");
  expect(ready.causation_id).toBe(rows.find((row) => row.type === "plan.created").id);
  expect((await listEvents(operator, {})).items.map((event) => event.seq)).toEqual(
    rows.map((_row, i) => i + 1),
  );
});
