import { describe, expect, test } from "vitest";
import { COUNTS } from "./world.ts";
import { IS_SAMPLE, REGRESSIONS, SEEDS } from "./seeds.ts";
import { settleByEpochAlone, settleByStatusAlone } from "./settle-verb.ts";
import { simulate, type Simulated } from "./simulate.ts";

// Deterministic simulation. The real code of five workers (WorkerLoop, RunningStep, runStep, BufferedLog, settlementOf, the sweep,
// the shutdown, the handlers of kinds wait and approval) runs in one process against the engine's model in place of Postgres,
// on virtual time and over a network that is drawn from a seed. One seed is one exact rerun.
//
//   SIM_SEED=183 npm test -- apps/worker/test/simulation     plays one seed; on failure it prints what happened last
//   SIM_SEEDS=20000 SIM_FROM=1 …                             plays many
//
// What is in it:
//   world.ts       what all parts share: time, the model, the sink, the book of problems
//   sim-process    a process: its clock, its wall clock that is wrong, freezing (SIGSTOP) and killing
//   network        calls that are lost, answered unheard, carried out late, slow; a database that is away
//   sim-engine     WorkerEngine on the model: one call, one instant
//   fence, sink    oracles that know nothing of the model: who holds what, and which effect came under which token
//   sim-worker, fleet   a worker as main.ts puts it together; a new one for each that is gone
//   behaviour      step bodies: they work, call the sink, succeed, fail, hang, throw, do not stop, kill their process
//   workload       runs with graphs, undo, pivots, waits, questions, deadlines; and a canary that must succeed
//   people         submit, cancel, pause, answer, tell, or do not
//   faults         by profile: calm, one kind, several, swizzle, storm; all end at HEAL_AT
//   audit, endings I1–I13 and I16 (docs/specs/STATE_MACHINE_V1.md), after each thing the database does and at the end
//
// To keep a failing seed, add it to seeds.ts. A change of workload.ts or faults.ts makes another simulation of every seed.

const TIMEOUT_MS = 600_000;

function report({ seed, profile, problems, tail }: Simulated): string {
  return [
    `Seed ${seed} (${profile}): ${problems.join("\n  ")}`,
    tail,
    `Again: SIM_SEED=${seed} npm test -- apps/worker/test/simulation`,
  ].join("\n");
}

const totals = new Map<string, number>();
const profiles = new Set<string>();

async function play(seed: number): Promise<void> {
  const simulated = await simulate(seed);
  if (simulated.problems.length > 0) throw new Error(report(simulated));
  for (const name of COUNTS) totals.set(name, (totals.get(name) ?? 0) + simulated.counts[name]);
  profiles.add(simulated.profile);
}

describe("the engine under simulation", () => {
  test(
    "every seed keeps every invariant, and everything ends once faults stop",
    async () => {
      for (const seed of SEEDS) await play(seed);
      // a fault that never happened was never survived
      if (!IS_SAMPLE) return;
      expect(COUNTS.filter((name) => (totals.get(name) ?? 0) === 0)).toEqual([]);
      expect([...profiles].toSorted()).toEqual(["calm", "mixed", "one", "storm", "swizzle"]);
    },
    TIMEOUT_MS,
  );

  test.each(REGRESSIONS)("seed $seed: $learnt", ({ seed }) => play(seed), TIMEOUT_MS);

  test(
    "the same seed plays out the same, to the last event",
    async () => {
      const digests = new Set<string>();
      for (const seed of [1, 2, 3, 5, 8]) {
        const [once, again] = [await simulate(seed), await simulate(seed)];
        expect(again).toEqual(once);
        digests.add(once.digest);
      }
      expect(digests.size).toBe(5);
    },
    TIMEOUT_MS,
  );

  test.each([
    ["that compares the status alone", settleByStatusAlone],
    ["that does not ask whether the lease still runs", settleByEpochAlone],
  ])(
    "the simulation notices a broken fence: one %s",
    async (_, settle) => {
      for (let seed = 1; seed <= 100; seed++) {
        const { problems } = await simulate(seed, { settle });
        if (problems.length === 0) continue;
        expect(problems[0]).toMatch(/fence|I3|I4|committed/);
        return;
      }
      expect.unreachable("a hundred seeds, and nobody noticed");
    },
    TIMEOUT_MS,
  );
});
