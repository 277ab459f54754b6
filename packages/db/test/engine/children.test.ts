import { afterAll, beforeAll, expect, test } from "vitest";
import { spawn, wait, type ClaimedStepRow } from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { done, failed, refusal, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const child = (name: string) => ({
  name,
  title: name,
  kind: "shell" as const,
  executor: "worker" as const,
  arguments: { script: ":" },
});
const claimOf = (step: ClaimedStepRow) => ({
  stepId: step.id,
  epoch: step.epoch,
  tenantId: null,
});
const children = (step: ClaimedStepRow, name = "all") =>
  wait(engine.worker, claimOf(step), name, [{ option: "ended", kind: "children" }]);

async function start(names = ["x", "y"]) {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [
    { name: "p" },
    { name: "after", needs: ["p"] },
  ]);
  const mine = async () => (await engine.claim()).filter((step) => step.run_id === run.id);
  const parent = (await mine())[0]!;
  const add = (some = names) => spawn(engine.worker, claimOf(parent), some.map(child));
  const runRow = async () =>
    (await engine.owner.query("select * from runs where id = $1", [run.id])).rows[0];
  const statuses = async () =>
    Object.fromEntries(
      (
        await engine.owner.query("select name, status from steps where run_id = $1", [run.id])
      ).rows.map(({ name, status }) => [name, status]),
    );
  return { run, parent, mine, add, runRow, statuses };
}

test("children are added once by name, belong to the run, and are claimed like any step", async () => {
  const { parent, add, mine, runRow } = await start();
  const first = await add();
  expect(first).toMatchObject({
    for_workers: 2,
    children: [{ name: "x", created: true }, { name: "y" }],
  });
  expect(await add(["y", "z"])).toMatchObject({
    for_workers: 1,
    children: [
      { name: "y", created: false, step_id: first.children[1]!.step_id },
      { name: "z", created: true },
    ],
  });
  expect(await engine.step(parent.id)).toMatchObject({ children_left: 3 });
  expect(await runRow()).toMatchObject({ steps_left: 5, step_count: 5 });
  expect((await mine()).map(({ name }) => name).toSorted()).toEqual(["p.x", "p.y", "p.z"]);
});

test("a parent that waits for its children hears how each ended: failure is no doom", async () => {
  const { parent, add, mine, runRow, statuses } = await start();
  await add();
  expect(await children(parent)).toMatchObject({ held: true });
  expect(await engine.step(parent.id)).toMatchObject({ holds: 4 });
  const [x, y] = (await mine()).toSorted((a, b) => a.name.localeCompare(b.name));
  await engine.settle([done(x!, { n: 1 })]);
  expect(await engine.step(parent.id)).toMatchObject({ holds: 4, children_left: 1 });
  expect((await engine.settle([failed(y!)])).settled).toMatchObject({ for_workers: 1 });
  const again = (await mine())[0]!;
  expect(again).toMatchObject({ id: parent.id, epoch: 2 });
  expect(await children(again)).toMatchObject({
    met: "ended",
    payload: {
      children: [
        { name: "x", status: "succeeded", output: { n: 1 }, error: null },
        { name: "y", status: "failed", output: null, error: { code: "exit_nonzero" } },
      ],
    },
  });
  await engine.settle([done(again)]);
  expect(await statuses()).toMatchObject({ p: "succeeded", after: "queued" });
  const after = (await mine())[0]!;
  await engine.settle([done(after)]);
  expect(await runRow()).toMatchObject({ status: "succeeded", steps_failed: 0 });
});

test("a parent that fails takes its children with it: queued at once, running by a cancel, theirs too", async () => {
  const { parent, add, mine, statuses, runRow } = await start();
  await add(["x"]);
  const [x] = await mine();
  await add(["y"]);
  await spawn(engine.worker, claimOf(x!), [child("deep")]);
  await engine.settle([failed(parent)]);
  expect(await statuses()).toMatchObject({
    p: "failed",
    "p.x": "running",
    "p.y": "cancelled",
    "p.x.deep": "cancelled",
    after: "cancelled",
  });
  expect((await engine.step(x!.id))["cancel_requested_at"]).not.toBeNull();
  expect(await mine()).toEqual([]);
  await engine.settle([failed(x!)]);
  expect(await statuses()).toMatchObject({ "p.x": "cancelled" });
  expect(await runRow()).toMatchObject({ status: "failed", steps_left: 0, steps_failed: 1 });
});

test("a run that is being cancelled gets no children, and one that is paused gets them on hold", async () => {
  const one = await start();
  await engine.owner.query(
    "update runs set cancel_requested_at = clock_timestamp() where id = $1",
    [one.run.id],
  );
  expect(await one.add()).toMatchObject({ children: [], for_workers: 0 });
  const two = await start();
  await engine.owner.query("update runs set paused_at = clock_timestamp() where id = $1", [
    two.run.id,
  ]);
  const { children: added } = await two.add();
  expect(await engine.step(added[0]!.step_id)).toMatchObject({ holds: 256 });
});

test("a name of another step of the run, too many children and too deep ones are refused", async () => {
  const { parent, run, add } = await start();
  await engine.owner.query("update steps set name = 'p.taken' where id = $1", [run.steps["after"]]);
  expect(await refusal(add(["taken"]))).toBe("23505");
  expect(await refusal(add(Array.from({ length: 1_001 }, (_, i) => `c${i}`)))).toBe("54000");
  expect(await engine.step(parent.id)).toMatchObject({ children_left: 0 });

  let deep = parent;
  for (let level = 1; level < 9; level += 1) {
    await spawn(engine.worker, claimOf(deep), [child("d")]);
    deep = (await engine.claim()).find((step) => step.run_id === run.id)!;
  }
  expect(await refusal(spawn(engine.worker, claimOf(deep), [child("d")]))).toBe("54000");
});

test("the last children end at once while the parent begins to wait: it is woken", async () => {
  const { parent, add, mine } = await start(["a", "b", "c", "d"]);
  await add();
  const claimed = await mine();
  await Promise.all([
    children(parent),
    ...claimed.map((step) => engine.settle([done(step)], "w1")),
  ]);
  expect(await engine.step(parent.id)).toMatchObject({ holds: 0, children_left: 0 });
});
