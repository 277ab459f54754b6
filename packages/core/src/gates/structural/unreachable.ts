import { findLoops } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Behind a loop or a missing need: these can never begin, although nothing is wrong with them themselves. */
export const unreachable: GateRule = {
  name: "unreachable",
  finds: "Behind a loop or a missing need: can never begin.",
  gate: "structural",
  verdict: "block",
  locked: true,
  tip: "Repair what it waits for: the loop or the missing need is another finding of this gate.",
  *judge({ steps }) {
    const known = new Set(steps.map((step) => step.name));
    const looped = new Set(findLoops(steps).flatMap(({ names }) => names));
    const dead = new Set(looped);
    for (const { name, needs } of steps) if (needs.some((need) => !known.has(need))) dead.add(name);
    if (dead.size === 0) return;
    const dependants = new Map<string, string[]>();
    for (const { name, needs } of steps) {
      for (const need of needs) {
        const known = dependants.get(need);
        if (known === undefined) dependants.set(need, [name]);
        else known.push(name);
      }
    }
    const behind: string[] = [];
    const waiting = [...dead];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const name of dependants.get(next) ?? []) {
        if (dead.has(name)) continue;
        dead.add(name);
        behind.push(name);
        waiting.push(name);
      }
    }
    for (const name of behind.toSorted()) {
      const reason = `Step "${name}" can never begin: something it waits for cannot.`;
      yield { step: name, reason, evidence: {} };
    }
  },
  examples: {
    passes: examplePlan([{ name: "a" }, { name: "b", needs: ["a"] }]),
    fails: examplePlan([
      { name: "b", needs: ["gone"] },
      { name: "c", needs: ["b"] },
    ]),
  },
};
