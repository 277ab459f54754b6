import {
  aSimulatedAgent,
  createTestPlane,
  joinSimulated,
  simulateAttempt,
  simulatedAgents,
} from "@nofx/sdk/testing";
import { expect, test } from "vitest";

const CAPABILITY = "test.simulated";

/** A swarm plays a number of runs: what became of each, how long it took in virtual time, and how many processes died. */
async function play(seed: number, agents: number, runs: number) {
  await using plane = createTestPlane({ seed });
  const began = plane.date.getTime();
  const swarm = joinSimulated(
    plane,
    simulatedAgents(agents, seed, CAPABILITY).map((one) => ({
      ...one,
      crashRate: 0.15,
      errorRate: 0.15,
    })),
    seed,
  );
  const begun = [];
  for (let n = 0; n < runs; n++) begun.push(await plane.run(CAPABILITY, { n }));
  for (const run of begun) await run.end();
  return {
    ends: begun.map((run) => ({ ...run.step(), logs: [] })),
    seconds: (plane.date.getTime() - began) / 1_000,
    deaths: swarm.reduce((sum, { starts }) => sum + starts - 1, 0),
  };
}

test("a swarm of simulated agents is played from a seed: the same again, and another for another seed", async () => {
  const [one, again, other] = [await play(7, 12, 60), await play(7, 12, 60), await play(8, 12, 60)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one.deaths).toBeGreaterThan(0);
  expect(one.ends.some(({ failures }) => failures > 0)).toBe(true);
  expect(one.ends.filter(({ status }) => status === "succeeded").length).toBeGreaterThan(50);
  expect(one.seconds).toBeGreaterThan(10);
});

test("attempts are spread as their agent says", () => {
  const agent = aSimulatedAgent({
    name: "a",
    capability: CAPABILITY,
    latencyMs: { kind: "exponential", mean: 100 },
    costUsd: { kind: "uniform", from: 1, to: 3 },
    errorRate: 0.2,
    permanentShare: 0.5,
    crashRate: 0.1,
    quality: 0.6,
  });
  const attempts = Array.from({ length: 4_000 }, (_, i) =>
    simulateAttempt(agent, 3, `step ${i}`, 1),
  );
  const share = (outcome: string) =>
    attempts.filter((one) => one.outcome === outcome).length / attempts.length;
  const mean = (of: (one: (typeof attempts)[number]) => number) =>
    attempts.reduce((sum, one) => sum + of(one), 0) / attempts.length;
  expect(share("crashed")).toBeCloseTo(0.1, 1);
  expect(share("failed")).toBeCloseTo(0.1, 1);
  expect(share("failed_for_good")).toBeCloseTo(0.1, 1);
  expect(mean(({ costUsd }) => costUsd)).toBeCloseTo(2, 1);
  expect(mean(({ ms, outcome }) => (outcome === "crashed" ? 100 : ms))).toBeCloseTo(100, -1);
  expect(simulateAttempt(agent, 3, "step 1", 1)).toEqual(attempts[1]);
});
