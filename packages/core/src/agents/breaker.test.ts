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
const play = (all: readonly Outcome[], from: AgentBreaker = CLOSED) =>
  all.reduce((state, outcome) => afterOutcome(state, outcome), from);

const one = (succeeded: boolean, at = 0, claimedAt = at): Outcome => ({ succeeded, at, claimedAt });

interface Turn {
  readonly before: AgentBreaker;
  readonly after: AgentBreaker;
  readonly outcome: Outcome;
  /** What came since it was closed last, the newest last. */
  readonly since: readonly Outcome[];
}

function turnsOf(all: readonly Outcome[]): Turn[] {
  let before = CLOSED;
  let since: Outcome[] = [];
  return all.map((outcome) => {
    const after = afterOutcome(before, outcome);
    since = before.open ? [] : [...since, outcome].slice(-window);
    const turn = { before, after, outcome, since };
    before = after;
    return turn;
  });
}

/** Of those turns that are meant, each has to be so. */
const holds = (meant: (turn: Turn) => boolean, so: (turn: Turn) => boolean) =>
  fc.assert(
    fc.property(outcomes, (all) => {
      expect(turnsOf(all).filter((turn) => meant(turn) && !so(turn))).toEqual([]);
    }),
    numRuns(300),
  );
const opens = ({ before, after }: Turn) => !before.open && after.open;
const waitOf = ({ after, outcome }: Turn) => (after.until ?? 0) - outcome.at;

test("it opens by failures alone, and never before there are enough attempts", () => {
  const failuresOf = (since: readonly Outcome[]) => since.filter((o) => !o.succeeded).length;
  holds(opens, ({ since }) => since.length >= atLeast);
  holds(opens, ({ since }) => failuresOf(since) >= since.length * failing);
  holds(
    ({ before, after, since }) => !before.open && !after.open && since.length >= atLeast,
    ({ since }) => failuresOf(since) < since.length * failing,
  );
});

test("while it is open only a step claimed after its time changes it, and only one that succeeds closes it", () => {
  holds(
    ({ before, outcome }) => before.open && outcome.claimedAt < (before.until ?? 0),
    ({ before, after }) => before === after,
  );
  holds(
    ({ before, after }) => before.open && !after.open,
    ({ outcome }) => outcome.succeeded,
  );
});

test("the time that it is open is in the future and bounded, and it trips once each time", () => {
  const trips = ({ before, after }: Turn) => after.open && after.until !== before.until;
  holds(trips, (turn) => waitOf(turn) >= coolOffMs && waitOf(turn) <= mostMs);
  holds(trips, ({ before, after }) => after.trips === before.trips + 1);
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
