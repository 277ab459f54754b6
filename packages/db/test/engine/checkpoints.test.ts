import { checkpoint, checkpoints, exchangeBriefly, ExchangeAnswer } from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { done, LEASE_MS, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function claimed(count: number) {
  const tenant = await seedTenant(engine.owner);
  await seedRun(
    engine.owner,
    tenant.id,
    Array.from({ length: count }, (_, n) => ({ name: `s${n}` })),
  );
  return engine.claim("w1", count);
}

const item = (step: { id: string; epoch: number }, name: string, value: unknown) => ({
  stepId: step.id,
  epoch: step.epoch,
  name,
  value,
});

test("many are stored in one statement, each under its own fence: what is stale fails no other", async () => {
  const [a, b, c, d] = await claimed(4);
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error();
  await engine.lapse(b.id);
  await engine.settle([done(c)]);
  await checkpoint(engine.worker, { stepId: d.id, epoch: d.epoch, tenantId: null }, "x", "first");
  const answers = await checkpoints(engine.worker, [
    item(a, "x", { n: 1 }),
    item(b, "x", 2),
    item(c, "x", 3),
    item(d, "x", "second"),
    item({ ...a, epoch: a.epoch + 1 }, "y", 4),
    item(a, "z", null),
    item(a, "x", "again"),
  ]);
  const stale = expect.objectContaining({ error: "NX001" });
  expect(answers).toEqual([
    { name: "x", value: { n: 1 }, created: true },
    stale,
    stale,
    { name: "x", value: "first", created: false },
    stale,
    { name: "z", value: null, created: true },
    { name: "x", value: { n: 1 }, created: false },
  ]);
  expect(await engine.step(a.id)).toMatchObject({ status: "running" });
  const { rows } = await engine.owner.query(
    "select step_id, name from checkpoints where step_id = any ($1) order by step_id = $2, name",
    [[a.id, b.id, c.id, d.id], a.id],
  );
  expect(rows.map((row) => row.name)).toEqual(["x", "x", "z"]);
});

test("one that cannot be stored is refused by itself", async () => {
  const [a, b] = await claimed(2);
  if (a === undefined || b === undefined) throw new Error();
  const answers = await checkpoints(engine.worker, [item(a, "", 1), item(b, "ok", 2)]);
  expect(answers).toEqual([
    expect.objectContaining({ error: expect.stringMatching(/^23514$/) }),
    { name: "ok", value: 2, created: true },
  ]);
});

test("what the worker reads unparsed has the form that its types say, also when it comes back", async () => {
  const [a] = await claimed(1);
  if (a === undefined) throw new Error();
  const { id: stepId, epoch } = a;
  const request = { worker: "w1", version: null, handlers: ["shell@1"], leaseMs: LEASE_MS };
  const tenant = await seedTenant(engine.owner);
  await seedRun(engine.owner, tenant.id, [{ name: "a" }, { name: "b", needs: ["a"] }]);
  const first = await exchangeBriefly(engine.worker, {
    ...request,
    settlements: [{ stepId, epoch: epoch + 7, outcome: "released" }],
    renewals: [{ stepId, epoch }],
    want: 5,
  });
  expect(first).toMatchObject(ExchangeAnswer.parse(first));
  expect(first.settled.results).toMatchObject([{ result: "stale", reason: "lost" }]);
  expect(first.renewed).toMatchObject([{ step_id: stepId, held: true }]);
  expect(first.claimed).toMatchObject([
    { name: "a", checkpoints: [], approvals: [], needs: [], inputs: [] },
  ]);
  const [taken] = first.claimed;
  if (taken === undefined) throw new Error();
  const second = await exchangeBriefly(engine.worker, {
    ...request,
    settlements: [done(taken, { n: 1 })],
    renewals: [],
    want: 5,
  });
  expect(second).toMatchObject(ExchangeAnswer.parse(second));
  expect(second.settled.results.filter(({ result }) => result !== "settled")).toEqual([]);
  expect(second.claimed).toMatchObject([
    { name: "b", needs: [{ name: "a", status: "succeeded", output: { n: 1 }, artifacts: [] }] },
  ]);
});
