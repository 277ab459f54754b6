import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diffPlans, type ComparedStep } from "./diff-plans.ts";
import { longestRun } from "./longest-run.ts";

const step = (name: string, position: number, rest: Partial<ComparedStep> = {}): ComparedStep => ({
  name,
  title: name.toUpperCase(),
  position,
  needs: [],
  fields: { kind: "shell", with: { script: ":" } },
  durationMs: 1_000,
  startMs: 0,
  ...rest,
});
const plan = (names: string) => names.split("").map((name, i) => step(name, i));
const names = (changes: readonly { name: string }[]) => changes.map(({ name }) => name).join("");

test("a version beside itself differs in nothing", () => {
  expect(diffPlans(plan("abc"), plan("abc"))).toEqual({
    added: [],
    removed: [],
    moved: [],
    reestimated: [],
    rescheduled: [],
    changed: [],
    unchanged: 3,
  });
});

test("what came, what went and what moved", () => {
  const diff = diffPlans(plan("abcde"), plan("aebcx"));
  expect(names(diff.added)).toBe("x");
  expect(names(diff.removed)).toBe("d");
  expect(diff.moved).toEqual([{ name: "e", title: "E", from: 4, to: 1 }]);
  expect(diff.unchanged).toBe(3);
});

test("a step between two others moves neither", () => {
  expect(diffPlans(plan("ab"), plan("axb")).moved).toEqual([]);
});

test("fields are told by name, estimates apart", () => {
  const [a, b, c] = plan("abc") as [ComparedStep, ComparedStep, ComparedStep];
  const now = [
    { ...a, needs: ["z"], fields: { ...a.fields, with: { script: "exit 1" } } },
    { ...b, durationMs: 2_000 },
    { ...c, durationMs: 1_050 },
  ];
  const diff = diffPlans([a, b, c], now);
  expect(diff.changed).toEqual([{ name: "a", title: "A", fields: ["needs", "with"] }]);
  expect(diff.reestimated).toEqual([{ name: "b", title: "B", fromMs: 1_000, toMs: 2_000 }]);
  expect(diff.unchanged).toBe(1);
});

test("what starts at another time is told where it matters to the plan", () => {
  const was = plan("abc").map((one, i) => ({ ...one, startMs: i * 1_000 }));
  const now = was.map((one, i) => ({ ...one, startMs: [90, 200, 2_000][i] ?? 0 }));
  expect(diffPlans(was, now)).toMatchObject({
    rescheduled: [{ name: "b", fromMs: 1_000, toMs: 200 }],
    unchanged: 3,
  });
});

test("every step is told once, and the other way round the other way", () => {
  const names = fc.shuffledSubarray("abcdefghij".split(""));
  fc.assert(
    fc.property(names, names, (from, to) => {
      const there = diffPlans(plan(from.join("")), plan(to.join("")));
      const back = diffPlans(plan(to.join("")), plan(from.join("")));
      expect(there.added.length + there.moved.length + there.unchanged).toBe(to.length);
      expect(back.removed.map(({ name }) => name)).toEqual(there.added.map(({ name }) => name));
      expect(back.moved.length).toBe(there.moved.length);
    }),
    numRuns(500),
  );
});

test("no run is longer", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 10 }), (values) => {
      const places = [...longestRun(values)].toSorted((a, b) => a - b);
      const run = places.map((place) => values[place] as number);
      expect(run.every((value, i) => i === 0 || (run[i - 1] as number) < value)).toBe(true);
      expect(run.length).toBe(byBruteForce(values));
    }),
    numRuns(500),
  );
});

function byBruteForce(values: readonly number[], least = -1): number {
  const [first, ...rest] = values;
  if (first === undefined) return 0;
  const without = byBruteForce(rest, least);
  return first > least ? Math.max(without, 1 + byBruteForce(rest, first)) : without;
}
