import type { TestRuleResult } from "@nofx/core/api";
import { issuesFromZod, NofxError } from "@nofx/core/errors";
import { GATE_RULES, judgePlan, OwnRule, type GateRule } from "@nofx/core/gates";
import { z } from "zod";
import { readYaml } from "../backlog/read-yaml.ts";
import { tryRule } from "./test-rule.ts";

/** A file of rules, YAML or JSON. */
const RuleDocument = z.strictObject({
  version: z.literal(1),
  rules: z.array(OwnRule).min(1).max(100),
});

export function readRuleDocument(text: string): OwnRule[] {
  const document = readYaml(text);
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new NofxError("invalid_input", {
      detail:
        "This is not a file of rules, which is YAML or JSON: {version: 1, rules: [...]}. examples/gates has some.",
    });
  }
  const parsed = RuleDocument.safeParse(document);
  if (parsed.success) return parsed.data.rules;
  throw new NofxError("invalid_input", {
    detail: "This is not a file of rules: {version: 1, rules: [...]}.",
    issues: issuesFromZod(parsed.error),
  });
}

export interface RuleReport {
  readonly name: string;
  readonly ok: boolean;
  readonly examples: number;
  /** What is wrong, a sentence each. */
  readonly wrong: readonly string[];
}

/** Runs the examples of rules as a save would. */
export async function reportRules(rules: readonly OwnRule[]): Promise<RuleReport[]> {
  const reports: RuleReport[] = [];
  for (const rule of rules) {
    const wrong = [...missingOf(rule), ...wrongOf(await tryRule(rule))];
    reports.push({
      name: rule.name,
      ok: wrong.length === 0,
      examples: rule.examples.length,
      wrong,
    });
  }
  return reports;
}

/** The same of the rules that come with the product. */
export function reportBuiltIn(rules: readonly GateRule[] = GATE_RULES): RuleReport[] {
  return rules.map((rule) => {
    const finds = (plan: GateRule["examples"]["passes"]) =>
      judgePlan(plan, [rule]).some(({ findings }) => findings.length > 0);
    const wrong = [
      ...(finds(rule.examples.passes) ? ["It finds something in the example that passes."] : []),
      ...(finds(rule.examples.fails) ? [] : ["It finds nothing in the example that fails."]),
    ];
    return { name: rule.name, ok: wrong.length === 0, examples: 2, wrong };
  });
}

function missingOf({ examples }: OwnRule): string[] {
  return (["pass", "fail"] as const)
    .filter((kind) => !examples.some(({ expect }) => expect === kind))
    .map((kind) => `No example has to ${kind}.`);
}

function wrongOf({ problem, examples }: TestRuleResult): string[] {
  if (problem !== null) {
    return [`Line ${problem.line}, column ${problem.column} of the condition: ${problem.message}.`];
  }
  return examples.flatMap(({ ok, name, expect, got, error }) =>
    ok ? [] : [`"${name}" has to ${expect}: ${error ?? `it would ${got}`}.`],
  );
}
