import { Capability } from "../vocabulary/index.ts";
import type { ValidItem } from "./parse-row.ts";
import type { PlanRule, PlanRuleStep } from "./plan-rules.ts";

/** Rules in the order in which they are tried. */
export function inRuleOrder(rules: readonly PlanRule[]): PlanRule[] {
  return rules.toSorted((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
}

/** The first rule that fits the item and whose agent steps all find a capability. `rules` are in rule order. */
export function chooseRule(item: ValidItem, rules: readonly PlanRule[]): PlanRule | undefined {
  return rules.find(
    (rule) => fits(item, rule) && rule.steps.every((step) => isOffered(item, step)),
  );
}

function fits(item: ValidItem, { match }: PlanRule): boolean {
  if (match.type !== undefined && match.type !== item.type) return false;
  return (
    match.anyLabel === undefined || match.anyLabel.some((label) => item.labels.includes(label))
  );
}

function isOffered(item: ValidItem, step: PlanRuleStep): boolean {
  return step.kind !== "agent" || capabilityOf(item, step) !== undefined;
}

/**
 * Who can do an agent step: the label with the rule's prefix, else the rule's own capability, else the first label
 * that reads like one. That last guess wants a dot (`code.patch`): without it, every label would be a capability.
 */
export function capabilityOf(item: ValidItem, step: PlanRuleStep): string | undefined {
  const prefix = step.capabilityFromLabel;
  const named =
    prefix === undefined
      ? undefined
      : item.labels.find(
          (label) =>
            label.startsWith(prefix) && Capability.safeParse(label.slice(prefix.length)).success,
        );
  if (named !== undefined && prefix !== undefined) return named.slice(prefix.length);
  if (step.capability !== undefined || prefix === undefined) return step.capability;
  return item.labels.find((label) => label.includes(".") && Capability.safeParse(label).success);
}
