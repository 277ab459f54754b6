import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { numRuns } from "@nofx/core/testing";
import {
  anAction,
  createModelSystem,
  type Action,
  type ModelSystem,
} from "@nofx/core/testing/engine";
import { dumpModel } from "./dump-state.ts";
import { startPostgresSystem, type PostgresSystem } from "./postgres-system.ts";

/**
 * The functions of schema engine against the pure model: any sequence of commands, and after each one the same answer and the
 * same state. The model is held to its invariants by its own tests (packages/core/src/model).
 */
class OnBoth implements fc.AsyncCommand<ModelSystem, PostgresSystem> {
  readonly action: Action;

  constructor(action: Action) {
    this.action = action;
  }

  check = (model: Readonly<ModelSystem>) => model.canApply(this.action);
  toString = () => JSON.stringify(this.action);

  async run(model: ModelSystem, real: PostgresSystem): Promise<void> {
    const { outcome, took } = await real.apply(this.action);
    expect(outcome).toEqual(model.apply(this.action, took));
    expect(await real.dump()).toEqual(dumpModel(model.model, model.now));
  }
}

const real = await startPostgresSystem();
afterAll(() => real[Symbol.asyncDispose]());

test("Postgres and the model give the same answers and come to the same state", async () => {
  const commands = fc.commands([anAction.map((action) => new OnBoth(action))], {
    maxCommands: 60,
    size: "max",
  });
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      await real.clear();
      await fc.asyncModelRun(() => ({ model: createModelSystem(), real }), steps);
    }),
    { ...numRuns(300), interruptAfterTimeLimit: 900_000, markInterruptAsFailure: true },
  );
}, 1_000_000);
