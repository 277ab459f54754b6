import { SwitchRuleInput, type GateRuleDetail } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { insertGateRule, loadGateRules, type GateRuleRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { afterRuleChange } from "./after-rule-change.ts";
import { noSuchRule, viewRule } from "./list-rules.ts";
import { ruleSetOf } from "./load-rules.ts";

/** Switches a rule on or off, or has it judge and be overridden otherwise: its next version. Verdicts given before are void, unless nothing changes. */
export function switchRule(
  ctx: MemberContext,
  input: z.input<typeof SwitchRuleInput>,
): Promise<GateRuleDetail> {
  const spec = {
    name: "gates.switchRule",
    permission: "gate.manage",
    input: SwitchRuleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { name, enabled, verdict, override }) => {
    const stored = await loadGateRules(tx.db, ctx.tenantId);
    const rule = ruleSetOf(ctx, stored).rules.find((one) => one.name === name);
    if (rule === undefined) throw noSuchRule(name);
    if (rule.locked) {
      throw new NofxError("rule_locked", {
        detail: `"${name}" cannot be switched: what it finds could not be run.`,
      });
    }
    const before = stored.find((one) => one.name === name) ?? builtIn(name);
    const next = {
      ...before,
      version: rule.version + 1,
      enabled: enabled ?? before.enabled,
      // of an own rule these are never empty
      verdict:
        verdict === undefined || (rule.own !== null && verdict === null) ? before.verdict : verdict,
      override:
        override === undefined || (rule.own !== null && override === null)
          ? before.override
          : override,
      tenant_id: ctx.tenantId,
      created_by: ctx.actor.id,
      created_by_name: ctx.name,
    };
    if (
      next.enabled === before.enabled &&
      next.verdict === before.verdict &&
      next.override === before.override
    ) {
      return viewRule(ctx, tx, name);
    }
    if (!(await insertGateRule(tx.db, next))) {
      throw new NofxError("conflict", {
        detail: "Somebody has changed this rule meanwhile. Read it again.",
      });
    }
    const told = { rule: name, version: next.version, enabled: next.enabled };
    tx.emit({ type: "gate_rule.changed", payload: told });
    await tx.audit("gate_rule.changed", {
      ...told,
      verdict: next.verdict,
      override: next.override,
    });
    await afterRuleChange(ctx, tx);
    return viewRule(ctx, tx, name);
  });
}

function builtIn(name: string): Omit<GateRuleRecord, "created_by_name" | "created_at"> {
  return {
    name,
    version: 1,
    origin: "built_in",
    enabled: true,
    verdict: null,
    override: null,
    gate: null,
    scope: null,
    condition: null,
    reason: null,
    tip: null,
    examples: [],
  };
}
