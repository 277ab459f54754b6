import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { afterOutcome, AGENT_BREAKER, CLOSED, type AgentBreaker, type Outcome } from "./breaker.ts";

const { atLeast, window, failing, coolOffMs, mostMs } = AGENT_BREAKER;

/** Outcomes on a clock that only goes on: each is claimed some time before it ends. */
const outcomes = fc
  .array(
    fc.record({
      succeeded: fc.boolean(),
      took: fc.nat(300_000),
      after: fc.nat(200_000),
    }),
    { maxLength: 80 },
  )
  .map((all) => {
    let at = 1_000_000;
    return all.map(({ succeeded, took, after }): Outcome => {
      at += after;
      return { succeeded, at, claimedAt: at - took };
    });
  });
const holds = (check: (all: Outcome[]) => void) =>
  fc.assert(fc.property(outcomes, check), numRuns(300));
const play = (all: readonly Outcome[], from: AgentBreaker = CLOSED) =>
  all.reduce((state, outcome) => afterOutcome(state, outcome), from);

const one = (succeeded: boolean, at = 0, claimedAt = at): Outcome => ({ succeeded, at, claimedAt });

test("it opens by failures alone, and never before there are enough attempts", () => {
  holds((all) => {
    let state = CLOSED;
    let since: Outcome[] = [];
    for (const outcome of all) {
      const next = afterOutcome(state, outcome);
      since = state.open ? [] : [...since, outcome].slice(-window);
      if (next.open && !state.open) {
        const failures = since.filter(({ succeeded }) => !succeeded).length;
        expect(since.length).toBeGreaterThanOrEqual(atLeast);
        expect(failures).toBeGreaterThanOrEqual(since.length * failing);
      }
      if (!next.open && state.open) since = [];
      state = next;
    }
  });
});

test("while it is open only a step claimed after its time changes it, and only one that succeeds closes it", () => {
  holds((all) => {
    let state = CLOSED;
    for (const outcome of all) {
      const next = afterOutcome(state, outcome);
      if (state.open && outcome.claimedAt < (state.until ?? 0)) expect(next).toEqual(state);
      if (state.open && !next.open) expect(outcome.succeeded).toBe(true);
      state = next;
    }
  });
});

test("the time that it is open is in the future and bounded; more trips never shorten it", () => {
  holds((all) => {
    let state = CLOSED;
    for (const outcome of all) {
      const next = afterOutcome(state, outcome);
      if (next.open && next !== state && next.until !== state.until) {
        const wait = (next.until ?? 0) - outcome.at;
        expect(wait).toBeGreaterThanOrEqual(coolOffMs);
        expect(wait).toBeLessThanOrEqual(mostMs);
        if (state.open) expect(next.trips).toBe(state.trips + 1);
      }
      state = next;
    }
  });
});

test("who only succeeds is never stopped, who only fails always", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), (n) => {
      expect(play(Array.from({ length: n }, () => one(true))).open).toBe(false);
      expect(play(Array.from({ length: n }, () => one(false))).open).toBe(n >= atLeast);
    }),
    numRuns(50),
  );
});

test("a trial that fails doubles the time; one that succeeds closes; a calm window forgets the trips", () => {
  const fails = Array.from({ length: atLeast }, () => one(false, 0));
  const open = play(fails);
  expect(open).toMatchObject({ open: true, until: coolOffMs, trips: 1 });
  const again = afterOutcome(open, one(false, coolOffMs + 5, coolOffMs));
  expect(again).toMatchObject({ open: true, until: coolOffMs + 5 + 2 * coolOffMs, trips: 2 });
  const closed = afterOutcome(again, one(true, 1e9, 1e9 - 1));
  expect(closed).toEqual({ recent: "", open: false, until: null, trips: 2 });
  expect(
    play(
      Array.from({ length: window }, () => one(true, 2e9)),
      closed,
    ).trips,
  ).toBe(0);
});
