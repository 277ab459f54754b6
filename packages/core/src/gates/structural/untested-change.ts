import type { PlannedStep } from "../../planner/index.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const CHANGES = /^code\.(patch|write|fix|refactor|migrate)/;
const TESTS = /(^|[._-])(test|tests|verify|check)([._-]|$)/;

/** A test is a step called so, or an agent that can: behind the change, or of the same item. */
export const untestedChange: GateRule = {
  name: "untested_change",
  finds:
    "An agent changes code (code.patch, code.write, ...), and no step behind it or of the same item tests.",
  gate: "structural",
  verdict: "warn",
  tip: "Add a step that tests the change and needs it: named like test, or of capability code.test.",
  *judge({ steps }) {
    const changes = steps.filter(changesCode);
    if (changes.length === 0) return;
    const tests = steps.filter(isTest);
    const testedItems = new Set(tests.map((step) => step.itemId));
    const before = upstreamOf(tests, new Map(steps.map((step) => [step.name, step])));
    for (const { name, itemId, capability } of changes) {
      if (testedItems.has(itemId) || before.has(name)) continue;
      const reason = `Step "${name}" changes code, and no step behind it tests the change.`;
      yield { step: name, reason, evidence: { item: itemId, capability } };
    }
  },
  examples: {
    passes: examplePlan([
      { name: "fix", kind: "agent", capability: "code.patch" },
      { name: "test", needs: ["fix"] },
    ]),
    fails: examplePlan([{ name: "fix", kind: "agent", capability: "code.patch" }]),
  },
};

function changesCode({ kind, capability }: PlannedStep): boolean {
  return kind === "agent" && capability !== null && CHANGES.test(capability);
}

function isTest({ name, capability }: PlannedStep): boolean {
  return TESTS.test(name) || (capability !== null && TESTS.test(capability));
}

/** Everything that has to be done before one of these. */
function upstreamOf(
  from: readonly PlannedStep[],
  byName: ReadonlyMap<string, PlannedStep>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = from.flatMap((step) => step.needs);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const need of byName.get(next)?.needs ?? []) waiting.push(need);
  }
  return seen;
}
