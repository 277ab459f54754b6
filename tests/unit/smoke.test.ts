import { expect, test } from "vitest";
import { runSteps, sayTally } from "../smoke/run-surface.ts";
import { check, Skip, type Step } from "../smoke/surface.ts";

test("a step that fails leaves out those after it; one that cannot be tried does not", async () => {
  const step = (name: string, run: Step["run"]): Step => ({ name, run });
  const tally = { passed: 0, failed: 0, skipped: 0 };
  const said: string[] = [];
  const steps = [
    step("sign in", async () => "both"),
    step("files", async () => {
      throw new Skip("no shell here");
    }),
    step("plan", async () => check(false, "a gate blocks it")),
    step("execute", async () => {}),
  ];
  await runSteps(steps, tally, (line) => said.push(line));
  expect(said).toEqual([
    "✔ sign in: both",
    "- files: no shell here",
    "✖ plan: a gate blocks it",
    '- execute: left out, because "plan" failed',
  ]);
  expect(sayTally(tally)).toBe("1 passed, 1 failed, 2 skipped");
});
