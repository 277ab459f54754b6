import {
  ApprovalStatus,
  AttemptOutcome,
  DeadLetterReason,
  DeadLetterStage,
  DeadLetterStatus,
  GateKind,
  Hold,
  PlanStatus,
  RunStatus,
  StepStatus,
  UndoStatus,
  Verdict,
} from "@nofx/core/vocabulary";
import { describe, expect, it } from "vitest";
import {
  APPROVAL_STATUS,
  ATTEMPT_OUTCOME,
  DEAD_LETTER_REASON,
  DEAD_LETTER_STAGE,
  DEAD_LETTER_STATUS,
  GATE,
  HOLD,
  PLAN_STATUS,
  RUN_STATUS,
  STEP_STATUS,
  stepLook,
  TONE_BADGE,
  UNDO_STATUS,
  VERDICT,
} from "./status.ts";

const MAPS = [
  ["step", StepStatus.options, STEP_STATUS],
  ["run", RunStatus.options, RUN_STATUS],
  ["plan", PlanStatus.options, PLAN_STATUS],
  ["approval", ApprovalStatus.options, APPROVAL_STATUS],
  ["verdict", Verdict.options, VERDICT],
  ["attempt", AttemptOutcome.options, ATTEMPT_OUTCOME],
  ["hold", Hold.options, HOLD],
  ["compensation", UndoStatus.options, UNDO_STATUS],
  ["dead letter", DeadLetterStatus.options, DEAD_LETTER_STATUS],
] as const;

describe.each(MAPS)("the look of a %s", (_noun, options, map) => {
  it("exists for every status and for nothing else", () => {
    expect(Object.keys(map).toSorted()).toEqual([...options].toSorted());
  });

  it("is a colour, an icon and a word of its own", () => {
    const looks = Object.values(map);
    for (const look of looks) {
      expect(look.label).not.toBe("");
      expect(look.icon).toBeTruthy();
      expect(TONE_BADGE[look.tone]).toBeTruthy();
    }
    expect(new Set(looks.map((look) => look.label)).size).toBe(looks.length);
  });
});

it("names every gate", () => {
  expect(Object.keys(GATE).toSorted()).toEqual(GateKind.options.toSorted());
});

it("names every stage and reason of a dead letter", () => {
  expect(Object.keys(DEAD_LETTER_STAGE).toSorted()).toEqual(DeadLetterStage.options.toSorted());
  expect(Object.keys(DEAD_LETTER_REASON).toSorted()).toEqual(DeadLetterReason.options.toSorted());
});

it("never shows waiting in the colour of failing", () => {
  for (const look of Object.values(HOLD)) expect(look.tone).toBe("wait");
  expect(Object.values(STEP_STATUS).map((look) => look.tone)).not.toContain("wait");
});

it("shows a held step as waiting and an unheld one by its status", () => {
  expect(stepLook("queued", ["approval", "paused"])).toBe(HOLD.approval);
  expect(stepLook("queued", [])).toBe(STEP_STATUS.queued);
  expect(stepLook("running", ["paused"])).toBe(STEP_STATUS.running);
});
