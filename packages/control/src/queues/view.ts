import { RuleView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findRule, type ClaimRuleRecord } from "@nofx/db/queries";
import type { CommandTransaction } from "../command/transaction.ts";

export function viewRule(rule: ClaimRuleRecord, may: { own: boolean; plane: boolean }): RuleView {
  return RuleView.parse({
    id: toId("rule", rule.id),
    queue: rule.queue,
    type: rule.type,
    agent: rule.agent === null ? null : toId("agent", rule.agent),
    plane: rule.by_plane,
    tenant: rule.tenant,
    maxRunning: rule.max_running,
    maxQueued: rule.max_queued,
    rate:
      rule.rate === null
        ? null
        : { count: rule.rate, perSeconds: rule.per_seconds, burst: rule.burst },
    weight: rule.weight,
    paused: viewPause(rule),
    mayChange: rule.by_plane ? may.plane : may.own,
    createdAt: rule.created_at.toISOString(),
  });
}

export function viewPause(rule: ClaimRuleRecord): RuleView["paused"] {
  const { paused_at: at, paused_reason: reason, paused_by: by } = rule;
  return at === null || reason === null || by === null
    ? null
    : { reason, at: at.toISOString(), by };
}

/** A rule as it was just left by somebody who may change it. */
export async function readRule(tx: CommandTransaction, id: string): Promise<RuleView> {
  const rule = await findRule(tx.db, id);
  if (rule === undefined) throw noSuchRule();
  return viewRule(rule, { own: true, plane: true });
}

export function noSuchRule(): NofxError {
  return new NofxError("not_found", {
    detail: "There is no such rule that you may change. `nofx queues list` shows those there are.",
  });
}

/** What events and audit entries say of a rule: names and numbers, never the reason. */
export function aboutRule(ctx: { tenantId: string }, rule: ClaimRuleRecord) {
  const said = {
    rule_id: rule.id,
    queue: rule.queue,
    type: rule.type,
    agent: rule.agent,
    plane: rule.by_plane ? true : null,
    tenant: rule.tenant_id === ctx.tenantId ? null : rule.tenant_id,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}
