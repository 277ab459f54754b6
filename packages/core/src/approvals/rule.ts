import { ApprovalRule } from "../vocabulary/index.ts";

/** Takes what is stored, whatever of it is there. */
export function readRule(stored: unknown): ApprovalRule {
  const parsed = ApprovalRule.safeParse(stored ?? {});
  return parsed.success ? parsed.data : ApprovalRule.parse({});
}

/** The groups that a rule names, each once. */
export function groupsOf(rule: ApprovalRule): string[] {
  const named = rule.groups.map(({ group }) => group);
  return [...new Set(rule.escalateTo === undefined ? named : [...named, rule.escalateTo])];
}
