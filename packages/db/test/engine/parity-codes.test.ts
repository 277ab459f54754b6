import { afterAll, beforeAll, expect, test } from "vitest";
import { STEP_ERROR_CLASS, StepErrorCode, deadLetterOf } from "@nofx/core/errors";
import { WAIT_HOLD } from "@nofx/core/machine";
import { HOLD_BITS, WaitKind } from "@nofx/core/vocabulary";
import { startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

test.each(StepErrorCode.options)("%s has one class, here and in the database", async (code) => {
  const { rows } = await engine.owner.query("select engine.error_class($1) as class", [code]);
  expect(rows[0].class).toBe(STEP_ERROR_CLASS[code]);
});

test.each(StepErrorCode.options)(
  "%s leaves the same dead letter here and in the database",
  async (code) => {
    for (const pastDeadline of [false, true]) {
      for (const isUndo of [false, true]) {
        const { rows } = await engine.owner.query(
          "select engine.dead_letter_of($1, $2, $3) as letter",
          [code, pastDeadline, isUndo],
        );
        const letter = deadLetterOf(code, { pastDeadline, isUndo });
        expect(rows[0].letter).toEqual(letter === null ? null : [letter.stage, letter.reason]);
      }
    }
  },
);

test("each kind of wait has one hold, here and in the database", async () => {
  for (const kind of WaitKind.options) {
    const { rows } = await engine.owner.query("select engine.hold_bit($1) as bit", [kind]);
    expect(rows[0].bit).toBe(HOLD_BITS[WAIT_HOLD[kind]]);
  }
});
