import { expect, it, vi } from "vitest";
import { aDoneStep, anApproval, aRun, aStep } from "../testing/example-run.ts";
import { linesOf } from "./run-show.ts";
import { row } from "./runs.ts";

const error = { code: "exit_nonzero", message: "exit code 1\nand more" };

it("shows a run: its steps, who had them, what failed, what waits, and what came of it", () => {
  const ended = { startedAt: "2026-01-01T00:00:00.000Z", finishedAt: "2026-01-01T00:01:30.000Z" };
  const steps = [
    aDoneStep("late", 5, { output: { total: 2 }, finishedAt: "2026-01-01T00:00:09.000Z" }),
    aDoneStep("early", 5, { output: { total: 1 }, finishedAt: "2026-01-01T00:00:02.000Z" }),
    aStep({ name: "broken", status: "failed", error }),
    aDoneStep("undo", 5, {
      output: {},
      undoOf: aStep().id,
      finishedAt: "2026-01-01T00:00:10.000Z",
    }),
  ];
  const asked = [
    anApproval({ question: "Refund €5?\u200b" }),
    anApproval({ canDecide: false, title: "Mine" }),
  ];
  const run = aRun(steps, {
    status: "failed",
    ...ended,
    steps: 9,
    waitingFor: "Nobody offers it.",
  });
  const text = linesOf(run, asked).join("\n");
  expect(text).toMatch(/^Release train {2}failed\n {2}Run +run_\w+/);
  expect(text).toMatch(/Ended +2026-01-01T00:01:30.000Z\n {2}Took +1 min 30 s/);
  expect(text).toMatch(/Waits +Nobody offers it\./);
  expect(text).toMatch(/✔ late +succeeded +step_\w+ +worker +0\.0 s/);
  expect(text).toMatch(/✖ broken +failed +step_\w+ +exit_nonzero\n/);
  expect(text).toContain("and 5 more");
  expect(text).toMatch(/\? Publish: Refund €5\?.+\n {2}npx nofx approvals approve approval_/);
  expect(text).not.toContain("\u200b");
  expect(text).toMatch(/\? Mine: .*\n {2}npx nofx --as admin approvals approve approval_/);
  expect(text).toContain("✖ broken: exit code 1\nand more (exit_nonzero)");
  expect(text).toMatch(/Output of late:\n\{\n {2}"total": 2\n\}$/);
  vi.stubEnv("NOFX_AS", "admin");
  expect(linesOf(run, asked).join("\n")).toContain("nofx --as supervisor approvals approve");
  vi.unstubAllEnvs();
});

it("tells in the list in short why a run failed, and of no other run", () => {
  const failed = aRun([], { status: "failed" });
  expect(row(failed, "http://x", error).at(-1)).toMatch(/run_\w+ {2}exit_nonzero: exit code 1$/);
  expect(row(aRun([]), "http://x", error).at(-1)).toMatch(/run_\w+$/);
});
