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
