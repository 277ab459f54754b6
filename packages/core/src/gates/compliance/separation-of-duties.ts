import type { Person } from "../facts.ts";
import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

const ann: Person = { id: "1", names: ["ann", "ann@example.test"] };
const bob: Person = { id: "2", names: ["bob"] };
const sensitive = { name: "publish", sensitive: true, owner: "bob" };

/** Whoever plans or owns a sensitive step must not be the only one who could approve it. */
export const separationOfDuties: GateRule = {
  name: "separation_of_duties",
  finds: "Nobody could approve a sensitive step but whoever planned or owns it.",
  gate: "compliance",
  verdict: "warn",
  tip: "Make somebody else a supervisor, or give the item to another owner.",
  *judge({ steps, facts }) {
    const { author, approvers } = facts;
    if (author === undefined || approvers === undefined) return;
    const others = approvers.filter((person) => person.id !== author.id);
    const told = new Set<string>();
    for (const step of steps) {
      if (!step.sensitive || told.has(step.itemId)) continue;
      const left = others.filter((person) => !isOwner(person, step.owner));
      if (left.length > 0) continue;
      told.add(step.itemId);
      const who =
        step.owner === null || isOwner(author, step.owner)
          ? "whoever planned it"
          : "whoever planned or owns it";
      yield {
        step: step.name,
        // whoever may approve can still be invited; where the only ones stand behind it, nothing is separated
        ...(approvers.length === 0 && { verdict: "allow" as const }),
        reason: `Nobody but ${who} could approve step "${step.name}".`,
        evidence: { item: step.itemId, approvers: approvers.length },
      };
    }
  },
  examples: {
    passes: examplePlan([{ ...sensitive, owner: "team" }], { author: ann, approvers: [ann, bob] }),
    fails: examplePlan([sensitive], { author: ann, approvers: [ann, bob] }),
  },
};

function isOwner({ names }: Person, owner: string | null): boolean {
  return owner !== null && names.some((name) => name.toLowerCase() === owner.toLowerCase());
}
