import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decideFirings, LATE_MS, MAX_DUE, type Due, type Firing } from "./decide-firings.ts";
import { nextOfInterval } from "./next-of-interval.ts";

const MINUTE = 60_000;
const every = (ms: number, rest: Partial<Due> = {}): Due => ({
  nextAt: 0,
  missed: "catch_up",
  catchUp: 1,
  after: (instant) => nextOfInterval(0, ms, instant),
  ...rest,
});
const shown = (firings: readonly Firing[]) =>
  firings.map(({ outcome, occurrence, occurrences }) => [outcome, occurrence, occurrences]);

test("what is on time fires, all of it", () => {
  expect(shown(decideFirings(every(MINUTE), 5))).toEqual([["fire", 0, 1]]);
  // a change of leaders took ten seconds
  expect(decideFirings(every(1_000), 10_000).map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 11 }, () => "fire"),
  );
  expect(decideFirings(every(MINUTE), -1)).toEqual([]);
});

test("after an hour away the newest fires, and one row says what was missed", () => {
  const now = 60 * MINUTE + 5;
  expect(decideFirings(every(MINUTE), now)).toEqual([
    {
      outcome: "missed",
      occurrence: 0,
      through: 59 * MINUTE,
      occurrences: 60,
      nextAt: 60 * MINUTE,
    },
    {
      outcome: "fire",
      occurrence: 60 * MINUTE,
      through: 60 * MINUTE,
      occurrences: 1,
      nextAt: 61 * MINUTE,
    },
  ]);
  // nothing is on time, and one of the late is made up for
  expect(shown(decideFirings(every(60 * MINUTE), 90 * MINUTE))).toEqual([
    ["missed", 0, 1],
    ["fire", 60 * MINUTE, 1],
  ]);
  expect(shown(decideFirings(every(60 * MINUTE, { catchUp: 9 }), 90 * MINUTE))).toEqual([
    ["fire", 0, 1],
    ["fire", 60 * MINUTE, 1],
  ]);
  expect(shown(decideFirings(every(60 * MINUTE, { missed: "skip" }), 90 * MINUTE))).toEqual([
    ["missed", 0, 2],
  ]);
});

test("the last instant of a timetable has none after it", () => {
  const once = every(1, { after: () => undefined });
  expect(decideFirings(once, 0)).toMatchObject([{ outcome: "fire", nextAt: undefined }]);
  expect(decideFirings({ ...once, missed: "skip" }, LATE_MS)).toMatchObject([
    { outcome: "missed", nextAt: undefined },
  ]);
});

test("a timetable that stands still is an error, not a loop", () => {
  expect(() => decideFirings(every(1, { after: (instant) => instant }), 5)).toThrow(/goes back/);
});

const anyDue = fc.record({
  everyMs: fc.integer({ min: 1, max: 7_200 }).map((seconds) => seconds * 1_000),
  behindMs: fc.oneof(
    fc.integer({ min: 0, max: 10 * MINUTE }),
    fc.integer({ min: 0, max: 300 * MINUTE }),
  ),
  missed: fc.constantFrom("skip" as const, "catch_up" as const),
  catchUp: fc.integer({ min: 1, max: 100 }),
});

test("every instant up to now is dealt with once and in order, as the policy says", () => {
  fc.assert(
    fc.property(anyDue, ({ everyMs, behindMs, missed, catchUp }) => {
      const due = every(everyMs, { missed, catchUp });
      const fired: number[] = [];
      let nextAt: number | undefined = 0;
      let dealtWith = 0;
      for (let i = 0; nextAt !== undefined && nextAt <= behindMs; i++) {
        expect(i).toBeLessThan(100);
        for (const firing of decideFirings({ ...due, nextAt }, behindMs)) {
          expect(firing.occurrence).toBe(nextAt);
          expect(firing.occurrences).toBe((firing.through - firing.occurrence) / everyMs + 1);
          expect(firing.nextAt).toBe(firing.through + everyMs);
          dealtWith += firing.occurrences;
          nextAt = firing.nextAt;
          if (firing.outcome === "fire") fired.push(firing.occurrence);
        }
      }
      const all = Math.floor(behindMs / everyMs) + 1;
      const onTime = Array.from({ length: all }, (_, i) => i * everyMs).filter(
        (instant) => instant > behindMs - LATE_MS,
      ).length;
      expect(dealtWith).toBe(all);
      const wanted = missed === "skip" ? onTime : Math.max(onTime, Math.min(all, catchUp));
      // always the newest
      expect(fired).toEqual(Array.from({ length: wanted }, (_, i) => (all - wanted + i) * everyMs));
    }),
    numRuns(20_000),
  );
});

test("a week away from an every-second schedule is dealt with in short steps", () => {
  const due = every(1_000, { nextAt: 0 });
  const [first, ...rest] = decideFirings(due, 7 * 86_400_000);
  expect(rest).toEqual([]);
  expect(first).toMatchObject({ outcome: "missed", occurrences: MAX_DUE - 100 });
});

test("an interval counts from its anchor, whatever happened in between", () => {
  expect(nextOfInterval(500, 1_000, 0)).toBe(500);
  expect(nextOfInterval(500, 1_000, 500)).toBe(1_500);
  expect(nextOfInterval(500, 1_000, 1_499)).toBe(1_500);
  expect(nextOfInterval(500, 1_000, 86_400_000)).toBe(86_400_500);
});
