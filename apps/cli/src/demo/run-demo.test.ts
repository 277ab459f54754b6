import type { ArtifactView, PlanView } from "@nofx/core/api";
import { expect, it } from "vitest";
import { aDoneStep, aRun } from "../testing/example-run.ts";
import { explainFailure } from "./explain-failure.ts";
import { artifactRows, describeTimes } from "./run-demo.ts";
import { showPlan } from "./show-plan.ts";

// oxlint-disable-next-line no-control-regex
const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "");
const file = (stepName: string, name: string) => ({ stepName, name, size: 1024 }) as ArtifactView;

it("shows artifacts by the step that stored them", () => {
  const rows = artifactRows([
    file("fix", "fix.patch"),
    ...["a", "b", "c", "d"].map((name) => file("test", name)),
  ]);
  expect(rows.map((row) => row.map(plain))).toEqual([
    ["fix", "fix.patch", "1.0 kB"],
    ["test", "a, b and 2 more", "4.0 kB"],
  ]);
});

it("says which steps took the time", () => {
  const run = aRun([
    aDoneStep("a", 100),
    aDoneStep("b", 5000),
    aDoneStep("c", 2000),
    aDoneStep("d", 900),
  ]);
  expect(describeTimes(run)).toBe("4 steps, 8.0 s of work; longest b 5.0 s, c 2.0 s, d 0.9 s");
});

it("explains a failed run by step, error and the end of its log", async () => {
  const failed = aDoneStep("test", 5, {
    status: "failed",
    error: { code: "exit_nonzero", message: "It exited with 1." },
  });
  const line = (stream: "stdout" | "stderr", text: string) => ({
    id: text,
    stepId: failed.id,
    stepName: "test",
    epoch: 1,
    at: "2026-01-01T00:00:00.000Z",
    stream,
    text,
  });
  const logs = async () => ({
    items: [line("stdout", "ok"), line("stderr", "not \u001b[2Jok")],
    nextCursor: null,
    total: null,
  });
  expect(await explainFailure({ logs }, aRun([failed], { status: "failed" }))).toBe(
    'The run failed.\nStep "test" failed: exit_nonzero: It exited with 1.\n  | ok\n  ! not \uFFFD[2Jok',
  );
});

it("shows what each gate found, with its tips and what stands in the way", () => {
  const finding = {
    rule: "r",
    verdict: "warn" as const,
    step: "publish",
    reason: "No undo.",
    evidence: {},
    tip: "Give one.",
  };
  const plan = {
    title: "Train",
    version: 2,
    steps: 12,
    evaluations: [
      {
        gate: "structural",
        verdict: "warn",
        score: 90,
        digest: "d",
        findings: [finding, { ...finding, step: null, tip: "" }],
        at: "",
      },
      { gate: "risk", verdict: "allow", score: 100, digest: "d", findings: [], at: "" },
    ],
    blockers: ["It waits."],
  } as unknown as PlanView;
  expect(showPlan(plan).map(plain)).toEqual([
    "Plan Train, version 2: 12 steps",
    "  ! structural gate: warn (score 90)",
    "    ! publish: No undo.",
    "      Give one.",
    "    ! No undo.",
    "  ✔ risk gate: allow (score 100)",
    "  → It waits.",
  ]);
});
