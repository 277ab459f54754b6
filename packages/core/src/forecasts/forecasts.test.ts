import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateStep, exactly, samplesOf, type Estimate } from "../estimates/index.ts";
import type { PlannedStep } from "../planner/index.ts";
import { start } from "../planner/schedule/index.ts";
import { aPlannedStep } from "../testing/index.ts";
import type { Capacities } from "./capacities.ts";
import { forecastPlan } from "./forecast-plan.ts";
import { planProblem } from "./schedule-problem.ts";
import { timetableOf } from "./timetable.ts";

const plenty: Capacities = { workerSlots: 100, agents: [], limits: [] };
const takes = (ms: number): Estimate => ({
  durationMs: exactly(ms),
  tokens: exactly(0),
  costUsd: exactly(0),
  basis: "prior",
  samples: 0,
});

function timesOf(steps: readonly PlannedStep[], ms: readonly number[], capacities = plenty) {
  const plan = planProblem(steps, ms.map(takes), capacities);
  return { plan, ...timetableOf(plan, start(plan.problem, 1)) };
}

const step = (name: string, more: Partial<PlannedStep> = {}) => aPlannedStep({ name, ...more });

describe("a timetable", () => {
  test("follows the critical path, and says what has slack", () => {
    const steps = [step("a"), step("b"), step("c", { needs: ["a", "b"] })];
    const times = timesOf(steps, [1_000, 5_000, 2_000]);
    expect(times).toMatchObject({
      makespanMs: 7_000,
      lowerBoundMs: 7_000,
      slackMs: [4_000, 0, 0],
      critical: [false, true, true],
    });
    expect(times.startMs[2]).toBe(5_000);
  });

  test("keeps steps of one resource apart, and as many at work as there are slots", () => {
    const web = { resources: ["repo:web"] };
    expect(timesOf([step("a", web), step("b", web)], [1_000, 1_000]).makespanMs).toBe(2_000);
    const four = [step("a"), step("b"), step("c"), step("d")];
    const slots = { ...plenty, workerSlots: 2 };
    expect(timesOf(four, [1_000, 1_000, 1_000, 1_000], slots).makespanMs).toBe(2_000);
  });

  test("a rate of claims counts as what it lets run at a time", () => {
    const limit = { queue: null, type: "shell", maxRunning: null, rate: { starts: 1, seconds: 1 } };
    const six = Array.from({ length: 6 }, (_, i) => step(`s${i}`));
    const times = timesOf(
      six,
      six.map(() => 2_000),
      { ...plenty, limits: [limit] },
    );
    expect(times.makespanMs).toBe(6_000);
  });

  test("nobody of a capability is planned as one, and said", () => {
    const agent = { kind: "agent", capability: "code.patch" } as const;
    const steps = [step("a", agent), step("b", agent)];
    const { plan, makespanMs } = timesOf(steps, [1_000, 1_000], { ...plenty, agents: [["test"]] });
    expect(makespanMs).toBe(2_000);
    expect(plan.resources).toContainEqual({
      name: "agents:code.patch",
      capacity: 1,
      assumed: true,
    });
    expect(plan.unoffered).toEqual(["code.patch"]);
  });

  test("what nobody offers is named, every capability of it, also where one step needs it", () => {
    const agent = (name: string, capability: string) => step(name, { kind: "agent", capability });
    const steps = [agent("a", "review"), agent("b", "test"), agent("c", "deploy"), step("d")];
    const there = { ...plenty, workerSlots: 0, agents: [["test"]] };
    const { plan } = timesOf(steps, [1, 1, 1, 1], there);
    expect(plan).toMatchObject({ unoffered: ["deploy", "review"], noWorker: true });
    const forecast = forecastPlan({
      steps,
      estimates: steps.map(() => takes(1)),
      plan,
      state: undefined,
      tries: new Map(),
      otherApprovals: 0,
      seed: 1,
    });
    expect(forecast.assumptions).toEqual([
      "No worker is up: planned as if 4 steps could run at a time.",
      "No active agent offers deploy or review: planned as if one did. Steps that need it wait until then.",
    ]);
  });

  test("a year of work fits, coarser", () => {
    const year = 365 * 86_400_000;
    const { makespanMs } = timesOf([step("a"), step("b", { needs: ["a"] })], [year, year]);
    expect(makespanMs / (2 * year)).toBeCloseTo(1, 3);
  });

  test("loops are left out: the gate blocks them", () => {
    const steps = [step("a", { needs: ["b"] }), step("b", { needs: ["a"] })];
    expect(timesOf(steps, [1_000, 1_000]).makespanMs).toBe(2_000);
  });
});

describe("a forecast", () => {
  const foretell = (steps: readonly PlannedStep[], estimates: readonly Estimate[], seed = 1) => {
    const plan = planProblem(steps, estimates, plenty);
    const state = start(plan.problem, 1);
    return forecastPlan({
      steps,
      estimates,
      plan,
      state,
      tries: new Map([["shell", { succeeded: 990, failed: 0 }]]),
      otherApprovals: 0,
      seed,
    });
  };

  test("of what is certain is certain", () => {
    const steps = [step("a"), step("b", { needs: ["a"] })];
    expect(foretell(steps, [takes(1_000), takes(2_000)]).durationMs).toEqual(exactly(3_000));
  });

  test("repeats for a seed, differs between seeds, and lies in order", () => {
    const steps = Array.from({ length: 5 }, (_, i) =>
      step(`s${i}`, { kind: "agent", capability: "x", needs: i === 0 ? [] : [`s${i - 1}`] }),
    );
    const estimates = steps.map((one) => estimateStep(one));
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const one = foretell(steps, estimates, seed);
        expect(foretell(steps, estimates, seed)).toEqual(one);
        for (const { p10, p50, p90 } of [one.durationMs, one.costUsd, one.tokens]) {
          expect(p10).toBeLessThan(p50);
          expect(p50).toBeLessThan(p90);
        }
      }),
      numRuns(20),
    );
    expect(foretell(steps, estimates, 1).durationMs).not.toEqual(
      foretell(steps, estimates, 2).durationMs,
    );
  });

  test("one step's range is its estimate's", () => {
    const estimate = estimateStep(step("a"));
    const { durationMs } = foretell([step("a")], [estimate]);
    expect(durationMs.p50 / estimate.durationMs.p50).toBeGreaterThan(0.7);
    expect(durationMs.p50 / estimate.durationMs.p50).toBeLessThan(1.4);
    expect(durationMs.p90 / estimate.durationMs.p90).toBeGreaterThan(0.6);
    expect(durationMs.p90 / estimate.durationMs.p90).toBeLessThan(1.7);
  });

  test("counts who is asked, and the odds of all at once", () => {
    const steps = [step("a", { sensitive: true }), step("b"), step("c", { kind: "approval" })];
    const { approvals, successOdds } = foretell(
      steps,
      steps.map(() => takes(1)),
    );
    expect(approvals).toBe(2);
    expect(successOdds).toBeGreaterThan(0.99);
  });
});

describe("an estimate", () => {
  const measured = (ms: number, n: number) => ({
    durationMs: samplesOf(Array.from({ length: n }, (_, i) => ms * (0.9 + (i % 3) / 10))),
    tokens: samplesOf([]),
    costUsd: samplesOf([]),
  });

  test("goes from the kind to the work to the step itself", () => {
    const shell = step("a");
    const prior = estimateStep(shell);
    expect(prior).toMatchObject({ basis: "prior", samples: 0, costUsd: exactly(0) });
    const work = estimateStep(shell, measured(1_000, 50));
    expect(work).toMatchObject({ basis: "telemetry", samples: 50 });
    expect(work.durationMs.p50).toBeLessThan(prior.durationMs.p50);
    const own = estimateStep(shell, measured(1_000, 50), measured(60_000, 5));
    expect(own.durationMs.p50).toBeGreaterThan(10 * work.durationMs.p50);
  });

  test("begins at what the item says, and ends at the timeout", () => {
    const guessed = estimateStep({ kind: "shell", with: {}, guessMs: 60_000 });
    const beside = estimateStep({ kind: "shell", with: {}, guessMs: 60_000 }, measured(5, 50));
    expect(beside.durationMs).toEqual(guessed.durationMs);
    expect(guessed.durationMs).toEqual({ p10: 30_000, p50: 60_000, p90: 120_000 });
    const short = estimateStep({ kind: "shell", with: { timeoutSeconds: 5 } });
    expect(short.durationMs).toEqual({ p10: 1_000, p50: 5_000, p90: 5_000 });
  });

  test("of a wait for so long is that", () => {
    expect(estimateStep({ kind: "wait", with: { seconds: 90 } }).durationMs).toEqual(
      exactly(90_000),
    );
  });
});
