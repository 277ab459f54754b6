import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { numRuns } from "@nofx/core/testing";
import {
  aMove,
  actionsOf,
  createModelSystem,
  type ModelSystem,
  type Move,
} from "@nofx/core/testing/engine";
import { dumpModel } from "./dump-state.ts";
import { startPostgresSystem, type PostgresSystem } from "./postgres-system.ts";

/**
 * The functions of schema engine against the pure model: any sequence of commands, and after each one the same answer and the
 * same state. The model is held to its invariants by its own tests (packages/core/src/model).
 */
class OnBoth implements fc.AsyncCommand<ModelSystem, PostgresSystem> {
  readonly move: Move;

  constructor(move: Move) {
    this.move = move;
  }

  check = (model: Readonly<ModelSystem>) => actionsOf(this.move).some(model.canApply);
  toString = () => JSON.stringify(this.move);

  async run(model: ModelSystem, real: PostgresSystem): Promise<void> {
    for (const action of actionsOf(this.move)) {
      if (!model.canApply(action)) continue;
      const { outcome, took } = await real.apply(action);
      expect(outcome).toEqual(model.apply(action, took));
      expect(await real.dump()).toEqual(dumpModel(model.model, model.now));
    }
  }
}

const real = await startPostgresSystem();
afterAll(() => real[Symbol.asyncDispose]());

test("Postgres and the model give the same answers and come to the same state", async () => {
  const commands = fc.commands([aMove.map((move) => new OnBoth(move))], {
    maxCommands: 60,
    size: "max",
  });
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      await real.clear();
      await fc.asyncModelRun(() => ({ model: createModelSystem(), real }), steps);
    }),
    { ...numRuns(300, 12), interruptAfterTimeLimit: 900_000, markInterruptAsFailure: true },
  );
}, 1_000_000);

test("what one more crash would end is taken before what is more urgent", async () => {
  const step = {
    needs: [],
    softNeeds: [],
    undo: null,
    pivot: true,
    sensitive: false,
    maxFailures: 1,
    deadlineMs: 450_000,
  };
  const one = (priority: number, maxCrashes: number): Move => ({
    do: "enqueue",
    steps: [{ ...step, name: "s0", priority, maxCrashes }],
    undoOrder: "completion",
  });
  const claim: Move = { do: "claim", worker: 0, limit: 1 };
  const moves: Move[] = [one(2, 2), claim, { do: "tick", ms: 200_000 }, { do: "sweep" }, one(1, 1)];
  await real.clear();
  const model = createModelSystem();
  await fc.asyncModelRun(
    () => ({ model, real }),
    [...moves, claim].map((move) => new OnBoth(move)),
  );
  expect(model.claims[0]?.map(({ stepId }) => stepId)).toEqual(["r0/s0", "r0/s0"]);
});
