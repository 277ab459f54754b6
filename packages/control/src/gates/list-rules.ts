import { GateRuleDetail, GateRuleList, OneGateRule } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { RuleInForce } from "@nofx/core/gates";
import {
  countRuleHits,
  countVoidPlans,
  listRuleVersions,
  loadGateRules,
  type GateRuleRecord,
  type RuleHits,
} from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { ruleSetOf } from "./load-rules.ts";

/** Every rule of the tenant, gate by gate, with how often it found something of late. */
export function listRules(ctx: MemberContext): Promise<z.infer<typeof GateRuleList>> {
  return runQuery(ctx, z.object({}), {}, async (tx) => {
    const stored = await loadGateRules(tx.db, ctx.tenantId);
    const { rules, digest } = ruleSetOf(ctx, stored);
    const hits = await countRuleHits(tx.db, ctx.tenantId);
    return GateRuleList.parse({
      items: rules.map((rule) => summaryOf(rule, stored, hits)),
      rulesDigest: digest,
      voidPlans: await countVoidPlans(tx.db, ctx.tenantId, digest),
    });
  });
}

/** One rule with its examples and its versions. */
export function getRule(
  ctx: MemberContext,
  input: z.input<typeof OneGateRule>,
): Promise<GateRuleDetail> {
  return runQuery(ctx, OneGateRule, input, (tx, { name }) => viewRule(ctx, tx, name));
}

export async function viewRule(
  ctx: MemberContext,
  tx: CommandTransaction,
  name: string,
): Promise<GateRuleDetail> {
  const stored = await loadGateRules(tx.db, ctx.tenantId);
  const rule = ruleSetOf(ctx, stored).rules.find((one) => one.name === name);
  if (rule === undefined) throw noSuchRule(name);
  const versions = await listRuleVersions(tx.db, ctx.tenantId, name);
  return GateRuleDetail.parse({
    ...summaryOf(rule, stored, await countRuleHits(tx.db, ctx.tenantId)),
    examples: rule.own?.examples ?? [],
    versions: versions.map((one) => ({
      version: one.version,
      enabled: one.enabled,
      verdict: one.verdict,
      condition: one.condition,
      by: one.created_by_name,
      at: one.created_at.toISOString(),
    })),
  });
}

export function noSuchRule(name: string): NofxError {
  return new NofxError("not_found", { detail: `There is no rule "${name}" in this tenant.` });
}

function summaryOf(
  rule: RuleInForce,
  stored: readonly GateRuleRecord[],
  hits: readonly RuleHits[],
) {
  const { name, gate, origin, version, enabled, locked, scope, verdict, override, tip, own } = rule;
  const changed = stored.find((one) => one.name === name);
  const hit = hits.find((one) => one.rule === name);
  return {
    name,
    gate,
    origin,
    version,
    enabled,
    locked,
    scope,
    verdict,
    override,
    tip,
    reason: own?.reason ?? null,
    finds: rule.builtIn?.finds ?? null,
    condition: own?.condition ?? null,
    hits: hit?.plans ?? 0,
    lastHitAt: hit?.last_at.toISOString() ?? null,
    changedBy: changed?.created_by_name ?? null,
    changedAt: changed?.created_at.toISOString() ?? null,
  };
}
