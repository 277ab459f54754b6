import { expect, it } from "vitest";
import { timelineRows } from "./timeline-rows.ts";
import type { StepView } from "./types.ts";

const T0 = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString();
const NOW = T0 + 100_000;

function step(name: string, over: Partial<StepView> = {}): StepView {
  return {
    id: `step_${name}`,
    name,
    title: name,
    kind: "shell",
    capability: null,
    status: "queued",
    holds: [],
    waitingFor: null,
    needs: [],
    epoch: 1,
    failures: 0,
    crashes: 0,
    executor: null,
    progress: null,
    sensitive: false,
    sandbox: null,
    with: {},
    output: null,
    error: null,
    x: 0,
    y: 0,
    queuedAt: at(0),
    startedAt: null,
    finishedAt: null,
    runAt: at(0),
    deadlineAt: null,
    cancelRequestedAt: null,
    pivot: false,
    undoOf: null,
    parentId: null,
    keptFrom: null,
    attempts: [],
    ...over,
  };
}

const attempt = (
  epoch: number,
  from: number,
  to: number | null,
  outcome: StepView["attempts"][number]["outcome"],
) => ({
  epoch,
  executor: "w",
  startedAt: at(from),
  finishedAt: to === null ? null : at(to),
  outcome,
  errorCode: null,
  workerVersion: null,
  refusedAt: null,
  refusedOutcome: null,
});

const bars = (rows: ReturnType<typeof timelineRows>, row: number) =>
  rows[row]?.segments.map((bar) => [bar.kind, (bar.from - T0) / 1_000, (bar.to - T0) / 1_000]);

it("tells queue from work", () => {
  const done = step("a", {
    status: "succeeded",
    finishedAt: at(9),
    attempts: [attempt(1, 2, 9, "succeeded")],
  });
  expect(bars(timelineRows([done], NOW), 0)).toEqual([
    ["queue", 0, 2],
    ["run", 2, 9],
  ]);
});

it("counts the queue from when the needed steps were done, and nothing before", () => {
  const a = step("a", {
    status: "succeeded",
    finishedAt: at(9),
    attempts: [attempt(1, 0, 9, "succeeded")],
  });
  const b = step("b", { status: "running", needs: ["a"], attempts: [attempt(1, 12, null, null)] });
  const c = step("c", { needs: ["b"], holds: ["dependency"] });
  const rows = timelineRows([a, b, c], NOW);
  expect(bars(rows, 1)).toEqual([
    ["queue", 9, 12],
    ["run", 12, 100],
  ]);
  expect(bars(rows, 2)).toEqual([]);
});

it("draws every attempt, and the pause between them", () => {
  const retried = step("a", {
    status: "running",
    attempts: [attempt(1, 0, 5, "failed"), attempt(2, 8, 12, "lost"), attempt(3, 20, null, null)],
  });
  const [row] = timelineRows([retried], NOW);
  expect(row?.segments.map((bar) => bar.kind)).toEqual(["run", "queue", "run", "queue", "run"]);
  expect(row?.segments.map((bar) => bar.tone)).toEqual([
    "bad",
    "neutral",
    "warn",
    "neutral",
    "active",
  ]);
});

it("shows waiting for people as that, before a sensitive step and after a suspension", () => {
  const sensitive = step("publish", { sensitive: true, holds: ["approval"] });
  const suspended = step("ask", {
    holds: ["approval"],
    attempts: [attempt(1, 0, 10, "suspended")],
  });
  const rows = timelineRows([sensitive, suspended], NOW);
  expect(bars(rows, 0)).toEqual([["wait", 0, 100]]);
  expect(bars(rows, 1)).toEqual([
    ["run", 0, 10],
    ["wait", 10, 100],
  ]);
});

it("takes a step that ended without ever being tried", () => {
  const skipped = step("a", { status: "cancelled", finishedAt: at(30) });
  expect(bars(timelineRows([skipped], NOW), 0)).toEqual([["queue", 0, 30]]);
});
