import {
  OwnRule,
  rulesDigestInput,
  rulesInForce,
  type RuleInForce,
  type StoredRule,
} from "@nofx/core/gates";
import { OverridePolicy } from "@nofx/core/gates";
import { Verdict } from "@nofx/core/vocabulary";
import { loadGateRules, type GateRuleRecord } from "@nofx/db/queries";
import type { CallerContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export interface RuleSet {
  readonly rules: readonly RuleInForce[];
  /** What verdicts are bound to, beside the plan. */
  readonly digest: string;
}

/** The rules that hold in a tenant now. */
export async function loadRules(ctx: CallerContext, tx: CommandTransaction): Promise<RuleSet> {
  return ruleSetOf(ctx, await loadGateRules(tx.db, ctx.tenantId));
}

export function ruleSetOf(ctx: CallerContext, stored: readonly GateRuleRecord[]): RuleSet {
  const rules = rulesInForce(stored.map(toStored));
  return { rules, digest: ctx.plane.sha256(rulesDigestInput(rules)) };
}

function toStored(row: GateRuleRecord): StoredRule {
  const { name, version, enabled } = row;
  if (row.origin === "built_in") {
    return {
      origin: "built_in",
      name,
      version,
      enabled,
      verdict: Verdict.nullable().parse(row.verdict),
      override: OverridePolicy.nullable().parse(row.override),
    };
  }
  const { gate, scope, condition, verdict, reason, tip, override, examples } = row;
  const own = OwnRule.parse({
    name,
    gate,
    scope,
    condition,
    verdict,
    reason,
    tip,
    override,
    examples,
  });
  return { ...own, origin: "own", version, enabled };
}
