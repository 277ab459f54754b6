import { NofxError } from "@nofx/core/errors";
import { DEFAULT_PLAN_RULES, PlanRule } from "@nofx/core/planner";

/** The tenant's rules as they are stored; the defaults where a tenant has none. */
export function parseRules(stored: readonly unknown[]): readonly PlanRule[] {
  if (stored.length === 0) return DEFAULT_PLAN_RULES;
  return stored.map((rule, i) => {
    const parsed = PlanRule.safeParse(rule);
    if (parsed.success) return parsed.data;
    throw new NofxError("plan_invalid", {
      detail: `Plan rule ${i + 1} of this tenant is not usable: ${parsed.error.issues[0]?.message ?? "unknown form"}.`,
      cause: parsed.error,
    });
  });
}
