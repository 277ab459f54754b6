import { permanent } from "../errors/index.ts";
import { task } from "../tasks/index.ts";
import type { TestAgent, TestPlane } from "./create-test-plane.ts";
import { simulateAttempt, type SimulatedAgent } from "./simulated-agents.ts";

/** Has simulated agents work on a test plane, each in a process of its own: a swarm, played on virtual time and from a seed. */
export function joinSimulated(
  plane: TestPlane,
  agents: readonly SimulatedAgent[],
  seed: number,
): TestAgent[] {
  return agents.map((agent) => {
    const work = task(agent.capability).run(async ({ info }) => {
      const made = simulateAttempt(agent, seed, `${info.runId} ${info.name}`, info.attempt);
      await plane.work({ ms: made.ms });
      switch (made.outcome) {
        case "crashed":
          return plane.die();
        case "failed":
          throw new Error(`${agent.name} fails`);
        case "failed_for_good":
          throw permanent(`${agent.name} fails for good`);
        case "succeeded":
          return { agent: agent.name, quality: made.quality, usage: { costUsd: made.costUsd } };
      }
    });
    return plane.join(work, { concurrency: agent.concurrency });
  });
}
