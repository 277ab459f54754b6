import type { EventPage, RunView } from "@nofx/core/api";
import { expect, it } from "vitest";
import { Interrupted } from "../errors.ts";
import { aDoneStep, aRun, aStep } from "../testing/example-run.ts";
import { watchRun, type WatchedApi } from "./watch-run.ts";

const event = (seq: number): EventPage["items"][number] => ({
  seq,
  id: "event_01ktm4q9h3e1q8m3v5x7z9b2c4",
  type: "steps.settled",
  at: "2026-01-01T00:00:00.000Z",
  actor: { type: "worker", id: "w" },
  runId: null,
  correlationId: "c",
  payload: {},
});

function apiOf(views: RunView[], pages: EventPage["items"][]): WatchedApi & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    run: async () => (views.length > 1 ? views.shift() : views[0]) as RunView,
    events: async ({ after }) => {
      asked.push(after);
      return { items: pages.shift() ?? [], seq: after, more: false };
    },
  };
}

const signal = new AbortController().signal;

it("looks again when an event says so, and ends with the run", async () => {
  const done = aRun([aDoneStep("a", 5)], { status: "succeeded" });
  const api = apiOf(
    [aRun([aStep()]), aRun([aStep({ status: "running" })]), done],
    [[event(4)], [], [event(5), event(6)]],
  );
  const seen: string[] = [];
  const watched = watchRun(api, "run", {
    signal,
    stuckAfterMs: 60_000,
    pollMs: 1,
    onView: (run) => void seen.push(run.status),
  });
  expect(await watched).toBe(done);
  expect(seen).toEqual(["running", "running", "succeeded"]);
  expect(api.asked).toEqual([1, 4, 4]);
});

it("gives up on a run that does not move, and says what it waits for", async () => {
  const stuck = aRun([
    aDoneStep("a", 5),
    aStep({ name: "fix", waitingFor: "Waits for an agent that can do code.patch." }),
    aStep({ name: "later", holds: ["dependency"] }),
  ]);
  const watched = watchRun(apiOf([stuck], []), "run", {
    signal,
    stuckAfterMs: 30,
    pollMs: 1,
    refreshMs: 5,
    onView: () => {},
  });
  await expect(watched).rejects.toThrow(
    /Nothing has moved for 0 s[^]*fix is queued: Waits for an agent/,
  );
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const watched = watchRun(apiOf([aRun([aStep()])], []), "run", {
    signal: stop.signal,
    stuckAfterMs: 10_000,
    onView: () => stop.abort(new Interrupted()),
  });
  await expect(watched).rejects.toMatchObject({ name: "AbortError" });
});
