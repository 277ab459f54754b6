import { expect, it } from "vitest";
import { firstSteps, forkOutlook } from "./fork-outlook.ts";

type Step = Parameters<typeof forkOutlook>[0][number];
const step = (name: string, needs: string[] = [], over: Partial<Step> = {}): Step => ({
  id: `step_${name}`,
  name,
  needs,
  status: "succeeded",
  undoOf: null,
  parentId: null,
  sensitive: false,
  ...over,
});
const names = (steps: readonly Step[]) => steps.map((one) => one.name);
const id = (name: string) => `step_${name}`;

const steps = [
  step("build"),
  step("lint"),
  step("test", ["build"]),
  step("publish", ["test", "lint"], { status: "failed" }),
  step("undo.1.build", [], { undoOf: id("build") }),
];

it("keeps what is done and does not depend on where it begins", () => {
  const { again, kept } = forkOutlook(steps, [], ["test"]);
  expect(names(again)).toEqual(["test", "publish"]);
  expect(names(kept)).toEqual(["build", "lint"]);
});

it("runs again what was taken back, wherever it stands", () => {
  const { kept } = forkOutlook(
    steps,
    [
      { stepId: id("lint"), status: "undone" },
      { stepId: id("build"), status: "registered" },
    ],
    ["publish"],
  );
  expect(names(kept)).toEqual(["build", "test"]);
});

it("runs everything again from the first steps", () => {
  expect(firstSteps(steps)).toEqual(["build", "lint"]);
  expect(names(forkOutlook(steps, [], firstSteps(steps)).again)).toEqual([
    "build",
    "lint",
    "test",
    "publish",
  ]);
});
