import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkpoint, reclaim, type ClaimedStepRow } from "@nofx/db/leases";
import { seedRun, seedTenant, type StepDraft } from "@nofx/db/testing";
import { done, failed, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const undo = (name: string) => ({ kind: "shell", with: { command: ["undo", name] } });

async function start(steps: StepDraft[], options: Parameters<typeof seedRun>[3] = {}) {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, steps, options);
  const claim = async () => (await engine.claim("w1")).filter((step) => step.run_id === run.id);
  const rows = async (text: string) => (await engine.owner.query(text, [run.id])).rows;
  return {
    run,
    claim,
    rows,
    /** Claims and settles until nothing can be claimed; answers the names in the order they were claimed. */
    drive: async (settle: (step: ClaimedStepRow) => ReturnType<typeof done> | undefined) => {
      const order: string[] = [];
      for (let claimed = await claim(); claimed.length > 0; claimed = await claim()) {
        for (const step of claimed) {
          order.push(step.name);
          const settlement = settle(step);
          if (settlement !== undefined) await engine.settle([settlement]);
        }
      }
      return order;
    },
    runRow: async () => (await rows("select * from runs where id = $1"))[0],
    events: async () =>
      (
        await rows("select type from events where run_id = $1 and type like 'run.%' order by id")
      ).map((event) => event.type),
    register: () =>
      rows(
        `select c.name, c.status, s.name as step from compensations c join steps s on s.id = c.step_id
         where c.run_id = $1 order by c.seq`,
      ),
  };
}

const chain = (length: number): StepDraft[] =>
  Array.from({ length }, (_, i) => ({
    name: `s${i + 1}`,
    undo: undo(`s${i + 1}`),
    ...(i === 0 ? {} : { needs: [`s${i}`] }),
  }));

const isUndo = (step: ClaimedStepRow) => step.name.startsWith("undo.");

describe("a six-step saga", () => {
  const cases = [1, 2, 3, 4, 5, 6].flatMap((failing) =>
    Array.from({ length: failing }, (_, crashing) => ({ failing, crashing })),
  );

  test.each(cases)(
    "failing at step $failing with a crash at compensation $crashing is undone in reverse order, each once",
    async ({ failing, crashing }) => {
      const saga = await start(chain(6));
      const effects: string[] = [];
      let undoing = 0;
      const settle = (step: ClaimedStepRow) => {
        if (!isUndo(step)) return step.name === `s${failing}` ? failed(step) : done(step);
        undoing += 1;
        if (undoing === crashing) return undefined;
        effects.push((step.arguments["command"] as string[]).join(" "));
        return done(step);
      };
      await saga.drive(settle);
      // an executor that is gone: its lease runs out, and another takes the same compensation up
      const held = await saga.rows(
        "select id, token from steps where run_id = $1 and status = 'assigned'",
      );
      expect(held.length).toBe(crashing === 0 ? 0 : 1);
      for (const { id } of held) await engine.lapse(id);
      expect(await reclaim(engine.worker, 100)).toBe(held.length);
      await saga.drive(settle);
      expect(
        await saga.rows("select token, crashes from steps where run_id = $1 and crashes > 0"),
      ).toEqual(held.map(({ token }) => ({ token, crashes: 1 })));
      const expected = Array.from({ length: failing - 1 }, (_, i) => `undo s${failing - 1 - i}`);
      expect(effects).toEqual(expected);
      expect(await saga.runRow()).toMatchObject({
        status: "failed",
        compensation: failing === 1 ? "none" : "done",
        steps_left: 0,
      });
      expect((await saga.register()).every((one) => one.status === "undone")).toBe(true);
      expect(await saga.events()).toEqual(
        failing === 1
          ? ["run.started", "run.failed"]
          : ["run.started", "run.compensating", "run.compensated", "run.failed"],
      );
    },
  );
});

test("an undo reads what the step left, and works where it worked", async () => {
  const saga = await start(chain(2));
  await engine.settle([done((await saga.claim())[0]!, { n: 7 })]);
  await engine.settle([failed((await saga.claim())[0]!)]);
  const [step] = await saga.claim();
  expect(step).toMatchObject({
    name: "undo.1.s1",
    arguments: undo("s1").with,
    workspace_run: saga.run.id,
    needs: [{ name: "s1", status: "succeeded", output: { n: 7 } }],
  });
});

test("a checkpoint registers its undo with it, once, and what was registered last is undone first", async () => {
  const saga = await start([
    { name: "a", undo: undo("a") },
    { name: "b", needs: ["a"] },
  ]);
  const [a] = await saga.claim();
  const claim = { stepId: a!.id, epoch: a!.epoch, tenantId: null };
  for (const name of ["one", "two", "one"]) {
    await checkpoint(engine.worker, claim, name, {}, undo(name));
  }
  await engine.settle([done(a!)]);
  await engine.settle([failed((await saga.claim())[0]!)]);
  const undone: unknown[] = [];
  await saga.drive((step) => {
    undone.push((step.arguments["command"] as string[])[1]);
    return done(step);
  });
  expect(undone).toEqual(["a", "two", "one"]);
});

test("a step that fails after a checkpoint is undone up to there", async () => {
  const saga = await start([{ name: "a", undo: undo("a") }]);
  const [a] = await saga.claim();
  await checkpoint(
    engine.worker,
    { stepId: a!.id, epoch: a!.epoch, tenantId: null },
    "made",
    {},
    undo("made"),
  );
  await engine.settle([failed(a!)]);
  expect(await saga.drive(done)).toEqual(["undo.1.a"]);
  expect(await saga.register()).toEqual([{ name: "made", status: "undone", step: "a" }]);
});

test("what undoing does is not undone: it registers nothing, and the run is done with it", async () => {
  const saga = await start([
    { name: "a", undo: undo("a") },
    { name: "b", needs: ["a"] },
  ]);
  await engine.settle([done((await saga.claim())[0]!)]);
  await engine.settle([failed((await saga.claim())[0]!)]);
  const [undoing] = await saga.claim();
  const claim = { stepId: undoing!.id, epoch: undoing!.epoch, tenantId: null };
  await checkpoint(engine.worker, claim, "half", {}, undo("half"));
  await engine.settle([done(undoing!)]);
  expect(await saga.register()).toEqual([{ name: "", status: "undone", step: "a" }]);
  expect(await saga.runRow()).toMatchObject({ status: "failed", compensation: "done" });
});

test("after a pivot nothing is undone", async () => {
  const saga = await start([
    { name: "a", undo: undo("a") },
    { name: "ship", needs: ["a"], pivot: true },
    { name: "tell", needs: ["ship"] },
  ]);
  await saga.drive((step) => (step.name === "tell" ? failed(step) : done(step)));
  expect(await saga.runRow()).toMatchObject({ status: "failed", compensation: "none" });
  expect(await saga.register()).toEqual([{ name: "", status: "registered", step: "a" }]);
});

test("a run that is not to be undone is not", async () => {
  const saga = await start(chain(2), { compensate: false });
  await saga.drive((step) => (step.name === "s2" ? failed(step) : done(step)));
  expect(await saga.runRow()).toMatchObject({ status: "failed", compensation: "none" });
});

describe("a compensation that fails for good", () => {
  const diamond: StepDraft[] = [
    { name: "base", undo: undo("base") },
    { name: "left", needs: ["base"], undo: undo("left") },
    { name: "right", needs: ["base"], undo: undo("right") },
    { name: "last", needs: ["left", "right"] },
  ];

  test.each([
    ["completion", "left", "right"],
    ["completion", "right", "left"],
    ["dependency", "left", "right"],
  ] as const)(
    "by %s, that of %s: stops what builds on it and nothing else, with a letter and an alert",
    async (undoOrder, failing, other) => {
      const saga = await start(diamond, { undoOrder });
      const order = await saga.drive((step) =>
        step.name === "last" || step.name.endsWith(`.${failing}`) ? failed(step) : done(step),
      );
      const undone = order.filter((name) => name.startsWith("undo."));
      expect(new Set(undone.map((name) => name.split(".")[2]))).toEqual(new Set(["left", "right"]));
      expect(undone).toHaveLength(2);
      const register = await saga.register();
      expect(Object.fromEntries(register.map(({ step, status }) => [step, status]))).toEqual({
        base: "registered",
        [failing]: "failed",
        [other]: "undone",
      });
      expect(await saga.runRow()).toMatchObject({ status: "failed", compensation: "failed" });
      expect(await saga.rows("select stage, reason from dead_letters where run_id = $1")).toEqual([
        { stage: "compensate", reason: "compensation_failed" },
      ]);
      expect(await saga.events()).toContain("run.compensation_failed");
    },
  );
});

test("compensations have a budget of their own", async () => {
  const saga = await start([
    { name: "a", undo: undo("a"), maxFailures: 1 },
    { name: "b", needs: ["a"] },
  ]);
  await saga.drive((step) =>
    step.name === "b" ? failed(step) : isUndo(step) ? undefined : done(step),
  );
  expect(
    await saga.rows(
      "select max_failures, failures from steps where run_id = $1 and undo_of is not null",
    ),
  ).toEqual([{ max_failures: 12, failures: 0 }]);
});

test("three hundred and more are undone in one row", async () => {
  const saga = await start([
    ...Array.from({ length: 301 }, (_, i) => ({ name: `s${i}`, undo: undo(`s${i}`) })),
    { name: "last", needs: ["s0"] },
  ]);
  for (
    let claimed = await saga.claim();
    claimed.some((step) => !isUndo(step));
    claimed = await saga.claim()
  ) {
    await engine.settle(claimed.filter((step) => step.name !== "last").map((step) => done(step)));
    await engine.settle(claimed.filter((step) => step.name === "last").map((step) => failed(step)));
  }
  expect(
    await saga.rows(
      `select count(*)::int as n, count(*) filter (where holds = 0)::int as free, bool_and(deps_left <= 1) as row
     from steps where run_id = $1 and undo_of is not null`,
    ),
  ).toEqual([{ n: 301, free: 1, row: true }]);
});
