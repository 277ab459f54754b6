import { expect, it } from "vitest";
import { newsOf } from "./run-news.ts";
import { undoOutlook } from "./undo-outlook.ts";
import type { RunView } from "./types.ts";

type Run = Parameters<typeof newsOf>[0];
type Entry = RunView["compensations"][number];

const run = (over: Partial<Run>): Run => ({
  status: "running",
  pausedAt: null,
  cancelRequestedAt: null,
  compensation: "none",
  outcome: null,
  deadLetters: 0,
  compensations: [],
  stepList: [],
  ...over,
});
const entry = (stepName: string, status: Entry["status"]) => ({ stepName, status }) as Entry;
const busy = [
  { name: "build", status: "running", undoOf: null },
  { name: "soak", status: "queued", undoOf: null },
] as const;
const AT = "2026-01-01T00:00:00Z";
const told = (over: Partial<Run>) => newsOf(run(over)).map(({ kind, text }) => [kind, text]);

it("has nothing to say of a run that goes its way", () => {
  expect(told({ stepList: busy })).toEqual([]);
  expect(told({ status: "cancelled", cancelRequestedAt: AT, pausedAt: AT })).toEqual([]);
});

it("says what still moves while it is paused or being cancelled", () => {
  expect(told({ pausedAt: AT, stepList: busy })).toEqual([
    ["paused", "What had begun goes on to its end: build."],
  ]);
  expect(told({ cancelRequestedAt: AT, stepList: busy })).toEqual([
    ["cancelling", "Being stopped: build."],
  ]);
});

it("counts what is taken back, and says how the run will end", () => {
  const [news] = newsOf(
    run({
      compensation: "running",
      outcome: "cancelled",
      cancelRequestedAt: AT,
      compensations: [entry("a", "undone"), entry("b", "undoing")],
    }),
  );
  expect(news?.title).toBe("Taking back what was done: 1 of 2");
  expect(news?.text).toBe("Then the run ends as cancelled.");
});

it("names what is left of a failed undo instead of its dead letters", () => {
  const news = newsOf(
    run({
      status: "failed",
      compensation: "failed",
      deadLetters: 1,
      compensations: [entry("a", "undone"), entry("b", "failed"), entry("c", "accepted")],
    }),
  );
  expect(news.map((one) => one.kind)).toEqual(["undo failed"]);
  expect(news[0]?.title).toBe("1 effect is still there: the undo failed");
  expect(news[0]?.text).toContain("Left of b.");
});

it("points to dead letters", () => {
  expect(newsOf(run({ status: "failed", deadLetters: 2 }))[0]?.title).toBe(
    "2 steps wait among the dead letters",
  );
});

it("foretells an undo: the latest first, nothing after a point of no return", () => {
  const compensations = [entry("a", "registered"), entry("b", "registered")];
  const pay = { name: "pay", status: "succeeded", pivot: true } as const;
  expect(undoOutlook({ compensations, stepList: [] })).toEqual({
    possible: true,
    sentence: "Undoes b, a, the latest first.",
  });
  expect(undoOutlook({ compensations, stepList: [pay] }).sentence).toMatch(/^pay is done/);
  expect(undoOutlook({ compensations: [], stepList: [] }).possible).toBe(false);
});
