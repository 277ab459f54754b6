import { SaveRuleInput, type GateRuleDetail } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { GATE_RULES } from "@nofx/core/gates";
import { insertGateRule, loadGateRules, type GateRuleRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput, runCommand } from "../command/run-command.ts";
import { afterRuleChange } from "./after-rule-change.ts";
import { viewRule } from "./list-rules.ts";
import { tryRule } from "./test-rule.ts";

/** Conditions of one tenant share one thread: more would make every plan wait. */
const MAX_OWN_RULES = 100;

/**
 * Saves a rule of the tenant's own as its next version; older ones stay, for verdicts that were given by them. One that says what
 * it said stays as it is, and so do verdicts. It is refused
 * with the place of the error where its condition cannot be read, and where an example does not come out as it says.
 */
export async function saveRule(
  ctx: MemberContext,
  input: z.input<typeof SaveRuleInput>,
): Promise<GateRuleDetail> {
  const spec = { name: "gates.saveRule", permission: "gate.manage", input: SaveRuleInput } as const;
  authorise(ctx, spec.permission);
  // before the transaction: conditions take their time, rows need not be held for it
  await refuseUntested(parseInput(SaveRuleInput, input));
  return runCommand(ctx, spec, input, async (tx, { replaces, ...rule }) => {
    const stored = await loadGateRules(tx.db, ctx.tenantId);
    const before = stored.find(({ name }) => name === rule.name);
    if ((before?.version ?? 0) !== replaces)
      throw changedMeanwhile(rule.name, before?.version ?? 0);
    if (before !== undefined && sayTheSame(rule, before)) return viewRule(ctx, tx, rule.name);
    const own = stored.filter(({ origin }) => origin === "own");
    if (before === undefined && own.length >= MAX_OWN_RULES) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MAX_OWN_RULES} rules of its own. Change one that is switched off.`,
      });
    }
    const version = replaces + 1;
    const inserted = await insertGateRule(tx.db, {
      ...rule,
      tenant_id: ctx.tenantId,
      version,
      origin: "own",
      created_by: ctx.actor.id,
      created_by_name: ctx.name,
    });
    if (!inserted) throw changedMeanwhile(rule.name, version);
    tx.emit({
      type: "gate_rule.changed",
      payload: { rule: rule.name, version, enabled: rule.enabled },
    });
    await tx.audit("gate_rule.changed", {
      rule: rule.name,
      version,
      enabled: rule.enabled,
      verdict: rule.verdict,
      condition_digest: ctx.plane.sha256(rule.condition),
    });
    await afterRuleChange(ctx, tx);
    return viewRule(ctx, tx, rule.name);
  });
}

/** Whether a rule is as it is stored: another version would only make verdicts void. */
function sayTheSame(
  rule: Omit<z.output<typeof SaveRuleInput>, "replaces">,
  stored: GateRuleRecord,
): boolean {
  const names = Object.keys(rule) as (keyof typeof rule)[];
  const before = Object.fromEntries(names.map((name) => [name, stored[name]]));
  return stored.origin === "own" && canonicalJson(rule) === canonicalJson(before);
}

async function refuseUntested(rule: z.output<typeof SaveRuleInput>): Promise<void> {
  if (GATE_RULES.some(({ name }) => name === rule.name)) {
    throw new NofxError("rule_locked", {
      detail: `"${rule.name}" is a rule that comes with the product: switch it, or write one under another name.`,
    });
  }
  const { problem, examples, ok } = await tryRule(rule);
  if (problem !== null) {
    throw new NofxError("condition_invalid", {
      detail: `Line ${problem.line}, column ${problem.column}: ${problem.message}.`,
      issues: [{ path: "/condition", message: problem.message }],
      data: { ...problem },
    });
  }
  const kinds = new Set(rule.examples.map(({ expect }) => expect));
  const missing = (["pass", "fail"] as const).filter((kind) => !kinds.has(kind));
  if (ok && missing.length === 0) return;
  throw new NofxError("rule_untested", {
    detail:
      missing.length > 0
        ? `Add an example that has to ${missing[0]}.`
        : "Correct the condition, or the examples that come out otherwise.",
    issues: examples.flatMap(({ ok: fine, expect, got, name, error }, i) =>
      fine
        ? []
        : [
            {
              path: `/examples/${i}`,
              message: `"${name}" has to ${expect}: ${error ?? `it would ${got}`}`,
            },
          ],
    ),
  });
}

function changedMeanwhile(name: string, version: number): NofxError {
  return new NofxError("conflict", {
    detail:
      version === 0
        ? `There is no rule "${name}" to replace. Leave "replaces" out to make it.`
        : `"${name}" is at version ${version}. Read it again, then change it.`,
    data: { version },
  });
}
