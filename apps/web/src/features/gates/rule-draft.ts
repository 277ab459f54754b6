import type { GateRuleDetail, SaveRuleInput } from "@nofx/core/api";

export interface RuleDraft {
  name: string;
  gate: SaveRuleInput["gate"];
  scope: SaveRuleInput["scope"];
  condition: string;
  verdict: SaveRuleInput["verdict"];
  override: SaveRuleInput["override"];
  reason: string;
  tip: string;
  /** JSON, as it is typed. */
  examples: string;
}

const FIRST_EXAMPLES = [
  { name: "a build", expect: "pass", plan: { steps: [{ name: "build" }] } },
  {
    name: "a deploy to production",
    expect: "fail",
    plan: { steps: [{ name: "deploy", risk: ["production"] }] },
  },
];

/** What the form begins with: the rule, or one that can be tried at once. */
export function ruleDraftOf(rule?: GateRuleDetail): RuleDraft {
  return {
    name: rule?.name ?? "",
    gate: rule?.gate ?? "risk",
    scope: rule?.scope ?? "step",
    condition: rule?.condition ?? '"production" in step.risk && !step.sensitive',
    verdict: rule?.verdict ?? "warn",
    override: rule?.override ?? "one",
    reason: rule?.reason ?? "",
    tip: rule?.tip ?? "",
    examples: JSON.stringify(rule?.examples.map(lean) ?? FIRST_EXAMPLES, null, 2),
  };
}

/** The examples in a text, or what is wrong with it. */
export function readExamples(text: string): { value: unknown[] } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return { value };
    return { problem: "A list of examples is needed: [{name, expect, plan}]." };
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}.` };
  }
}

type Example = GateRuleDetail["examples"][number];

const HARMLESS: Record<string, unknown> = {
  kind: "shell",
  queue: "default",
  priority: 3,
  sensitive: false,
  pivot: false,
  maxFailures: 3,
  deadlineSeconds: 86_400,
  title: "Example",
  pack: "example",
  version: 1,
  shell: "trusted",
  sandboxAvailable: false,
  now: "2026-01-07T12:00:00Z",
};

/** An example without what was filled in when it was saved. */
function lean({ plan: { steps, facts, ...plan }, ...example }: Example) {
  const seen = withoutDefaults(facts);
  return {
    ...example,
    plan: {
      ...withoutDefaults(plan),
      steps: steps.map(withoutDefaults),
      ...(Object.keys(seen).length > 0 && { facts: seen }),
    },
  };
}

function withoutDefaults(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([key, one]) => {
      const empty =
        typeof one === "object" && one !== null && Object.keys(one as object).length === 0;
      return !empty && HARMLESS[key] !== one;
    }),
  );
}
