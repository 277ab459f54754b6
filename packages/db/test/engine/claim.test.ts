import { afterAll, beforeAll, expect, test } from "vitest";
import { claimForAgent, describeHeld } from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant } from "@nofx/db/testing";
import { agentOf, done, LEASE_MS, released, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

async function drain(): Promise<void> {
  for (
    let claimed = await engine.claim("drain");
    claimed.length > 0;
    claimed = await engine.claim("drain")
  ) {
    await engine.settle(
      claimed.map((step) => done(step)),
      "drain",
    );
  }
}

test("steps come by priority, then by age", async () => {
  const tenant = await seedTenant(engine.owner);
  await seedRun(engine.owner, tenant.id, [
    { name: "late", priority: 5 },
    { name: "normal-1", priority: 3 },
    { name: "normal-2", priority: 3 },
    { name: "urgent", priority: 1 },
  ]);
  const order: string[] = [];
  for (let i = 0; i < 4; i++) order.push(...(await engine.claim("w1", 1)).map((step) => step.name));
  expect(order).toEqual(["urgent", "normal-1", "normal-2", "late"]);
  expect(await engine.claim()).toEqual([]);
});

test("eight claimers at once: every step goes to one of them", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(
    engine.owner,
    tenant.id,
    Array.from({ length: 60 }, (_, i) => ({ name: `s${i}` })),
  );
  const claims = await Promise.all(
    Array.from({ length: 8 }, async (_, w) => {
      const mine: string[] = [];
      for (
        let got = await engine.claim(`w${w}`, 3);
        got.length > 0;
        got = await engine.claim(`w${w}`, 3)
      ) {
        mine.push(...got.map((step) => step.id));
      }
      return mine;
    }),
  );
  const all = claims.flat();
  expect(new Set(all)).toEqual(new Set(Object.values(run.steps)));
  expect(all).toHaveLength(60);
  const { rows } = await engine.owner.query(
    "select distinct epoch from attempts where run_id = $1",
    [run.id],
  );
  expect(rows).toEqual([{ epoch: 1 }]);
});

test("a claim raises the epoch, starts the run and hides the step from others", async () => {
  const tenant = await seedTenant(engine.owner, { shell: "trusted" });
  const run = await seedRun(
    engine.owner,
    tenant.id,
    [{ name: "one" }, { name: "two", needs: ["one"] }],
    {
      workspace: "demo",
    },
  );
  const [step, ...rest] = await engine.claim("w1");
  expect(rest).toEqual([]);
  expect(step).toMatchObject({
    id: run.steps["one"],
    name: "one",
    epoch: 1,
    shell: "trusted",
    workspace: "demo",
    tenant_id: tenant.id,
  });
  expect(await engine.claim("w2")).toEqual([]);
  const { rows } = await engine.owner.query("select status from runs where id = $1", [run.id]);
  expect(rows).toEqual([{ status: "running" }]);
  await engine.settle([released(step!)]);
  expect((await engine.claim("w2"))[0]).toMatchObject({ epoch: 2, failures: 0, crashes: 0 });
  await drain();
});

test("what is held or not due yet is not claimed", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "open" },
    { name: "later" },
    { name: "asks", sensitive: true },
  ]);
  await engine.owner.query(
    "update steps set run_at = clock_timestamp() + interval '1 hour' where id = $1",
    [run.steps["later"]],
  );
  expect((await engine.claim()).map((step) => step.name)).toEqual(["open"]);
  expect(await engine.claim()).toEqual([]);
});

test("an agent gets what its registry row allows, in its own tenant, and nothing once it drains", async () => {
  const [mine, other] = [await seedTenant(engine.owner), await seedTenant(engine.owner)];
  const agent = await seedAgent(engine.owner, mine.id, {
    capabilities: ["code.patch", "code.review"],
  });
  const draft = (name: string, capability: string) => ({
    name,
    kind: "agent" as const,
    capability,
  });
  await seedRun(engine.owner, mine.id, [
    draft("patch", "code.patch"),
    draft("deploy", "deploy"),
    draft("review", "code.review"),
  ]);
  await seedRun(engine.owner, other.id, [draft("theirs", "code.patch")]);
  const claim = (capabilities: string[]) =>
    engine.asAgent(agent, (db) =>
      claimForAgent(db, agentOf(agent), { capabilities, limit: 10, leaseMs: LEASE_MS }),
    );
  const claimed = await claim(["code.patch", "deploy"]);
  expect(claimed.map((step) => step.name)).toEqual(["patch"]);

  const held = [{ stepId: claimed[0]!.id, epoch: 1 }];
  const again = await engine.asAgent(agent, (db) => describeHeld(db, agentOf(agent), held));
  expect(again).toEqual(claimed);

  await engine.owner.query(
    "update steps set deadline_at = clock_timestamp() where tenant_id = $1 and name = 'review'",
    [mine.id],
  );
  expect(await claim(["code.review"])).toEqual([]);
  await engine.owner.query(
    "update steps set deadline_at = null where tenant_id = $1 and name = 'review'",
    [mine.id],
  );
  await engine.owner.query("update agent_registry set status = 'draining' where id = $1", [
    agent.id,
  ]);
  expect(await claim(["code.review"])).toEqual([]);
});

test("what one more crash would end is given to a worker one at a time, and holds nobody else up", async () => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(
    engine.owner,
    tenant.id,
    ["a", "b", "c", "d"].map((name) => ({ name })),
  );
  await engine.owner.query("update steps set crashes = 2 where run_id = $1 and name <> 'd'", [
    run.id,
  ]);
  const names = async (worker: string) =>
    (await engine.claim(worker))
      .filter((step) => step.run_id === run.id)
      .map((step) => step.name)
      .toSorted();
  expect(await names("one")).toEqual(["a", "d"]);
  expect(await names("one")).toEqual([]);
  expect(await names("two")).toEqual(["b"]);
  const [held] = (
    await engine.owner.query("select id, epoch::int from steps where id = $1", [run.steps["a"]])
  ).rows;
  await engine.settle([done(held)], "one");
  expect(await names("one")).toEqual(["c"]);
});
