import { expect, it } from "vitest";
import { plugStory } from "./plug-story.ts";
import type { StepView } from "./types.ts";

const pulled: Parameters<typeof plugStory>[0] = {
  worker: "w1",
  standby: "w2",
  stepId: "step_1",
  stepName: "soak",
  epoch: 1,
  freezeSeconds: 20,
};
const attempt = (epoch: number, executor: string, refusedAt: string | null = null) =>
  ({ epoch, executor, refusedAt }) as StepView["attempts"][number];
const done = (step: Parameters<typeof plugStory>[1]) =>
  plugStory(pulled, step).map((beat) => beat.done);

it("goes on as the run shows it", () => {
  expect(done(undefined)).toEqual([true, false, false]);
  expect(done({ epoch: 1, attempts: [attempt(1, "w1")] })).toEqual([true, false, false]);
  const moved = { epoch: 2, attempts: [attempt(1, "w1"), attempt(2, "w2")] };
  expect(done(moved)).toEqual([true, true, false]);
  expect(plugStory(pulled, moved)[1]?.text).toContain("w2 took the step over (epoch 1 → 2)");
  const refused = { epoch: 2, attempts: [attempt(1, "w1", "2026-01-01T00:00:00Z")] };
  expect(done(refused)).toEqual([true, true, true]);
});

it("does not take a refusal of another attempt for this one", () => {
  expect(done({ epoch: 3, attempts: [attempt(2, "w1", "2026-01-01T00:00:00Z")] })[2]).toBe(false);
});
