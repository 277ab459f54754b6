import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";

/** Information: a step beside a graph may be meant so, or somebody forgot a need. */
export const orphan: GateRule = {
  name: "orphan",
  finds: "A step beside the graph.",
  gate: "structural",
  verdict: "allow",
  tip: "If it belongs to the others, give it a need or have a step need it; otherwise leave it.",
  *judge({ steps }) {
    const needed = new Set(steps.flatMap((step) => step.needs));
    if (needed.size === 0) return;
    const alone = steps.filter(({ name, needs }) => needs.length === 0 && !needed.has(name));
    if (alone.length === 0) return;
    const names = alone.slice(0, 20).map((step) => step.name);
    const [what, hang] =
      alone.length === 1 ? ["One step", "hangs"] : [`${alone.length} steps`, "hang"];
    yield {
      step: alone.length === 1 ? (names[0] ?? null) : null,
      reason: `${what} ${hang} together with no other: ${names.join(", ")}${alone.length > 20 ? ", ..." : ""}.`,
      evidence: { steps: names, count: alone.length },
    };
  },
  examples: {
    passes: examplePlan([{ name: "a" }, { name: "b", needs: ["a"] }]),
    fails: examplePlan([{ name: "a" }, { name: "b", needs: ["a"] }, { name: "alone" }]),
  },
};
