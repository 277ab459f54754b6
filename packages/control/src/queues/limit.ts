import { LimitQueueInput, OneRule, type RuleView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import {
  dropEmptyRule,
  ensureRule,
  findRule,
  lockRule,
  setLimits,
  type ClaimRuleRecord,
  type Limits,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { operatesPlane } from "../workers/view.ts";
import { ruleKey } from "./rule-key.ts";
import { aboutRule, noSuchRule, viewRule } from "./view.ts";

const NONE: Limits = { maxRunning: null, maxQueued: null, rate: null, weight: 1 };

/** Sets limits of a scope; they bind what is queued from the next claim on. What is not said stays as it is. */
export function limitQueue(
  ctx: MemberContext,
  input: z.input<typeof LimitQueueInput>,
): Promise<RuleView> {
  const spec = {
    name: "queues.limit",
    permission: "queue.manage",
    input: LimitQueueInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, given) => {
    const key = await ruleKey(ctx, tx, given);
    const row = { id: ctx.plane.newUuid(), createdBy: ctx.actor.id };
    const id = await ensureRule(tx.db, key, row);
    const before = await findRule(tx.db, id);
    if (before === undefined) throw noSuchRule();
    return change(ctx, tx, before, merge(limitsOf(before), given));
  });
}

/** Takes all limits of a rule away; a pause stays. */
export function unlimitQueue(
  ctx: MemberContext,
  input: z.input<typeof OneRule>,
): Promise<RuleView> {
  const spec = { name: "queues.unlimit", permission: "queue.manage", input: OneRule } as const;
  return runCommand(ctx, spec, input, async (tx, { ruleId }) => {
    const rule = await findRule(tx.db, toUuid("rule", ruleId));
    if (rule === undefined) throw noSuchRule();
    const mayChange = rule.by_plane
      ? await operatesPlane(ctx, tx)
      : rule.tenant_id === ctx.tenantId;
    if (!mayChange) throw noSuchRule();
    await lockRule(tx.db, {
      tenantId: rule.tenant_id,
      byPlane: rule.by_plane,
      queue: rule.queue,
      type: rule.type,
      agent: rule.agent,
    });
    return change(ctx, tx, rule, NONE);
  });
}

async function change(
  ctx: MemberContext,
  tx: CommandTransaction,
  before: ClaimRuleRecord,
  limits: Limits,
): Promise<RuleView> {
  await setLimits(tx.db, before.id, limits);
  const { rate, maxRunning: max_running, maxQueued: max_queued, weight } = limits;
  const rule: ClaimRuleRecord = {
    ...before,
    max_running,
    max_queued,
    weight,
    rate: rate?.count ?? null,
    per_seconds: rate?.perSeconds ?? null,
    burst: rate?.burst ?? null,
  };
  await dropEmptyRule(tx.db, before.id);
  const said = {
    ...aboutRule(ctx, rule),
    max_running,
    max_queued,
    rate: rule.rate,
    per_seconds: rule.per_seconds,
    burst: rule.burst,
    weight,
  };
  tx.emit({ type: "rule.changed", payload: said });
  tx.ring({ for_workers: 1, for_agents: 1 });
  await tx.audit("rule.changed", said);
  return viewRule(rule, { own: true, plane: true });
}

function limitsOf(rule: ClaimRuleRecord): Limits {
  const { rate: count, per_seconds: perSeconds, burst } = rule;
  return {
    maxRunning: rule.max_running,
    maxQueued: rule.max_queued,
    rate:
      count === null || perSeconds === null || burst === null ? null : { count, perSeconds, burst },
    weight: rule.weight,
  };
}

/** A rate without a burst lets at once what it lets in its time. */
function merge(before: Limits, given: z.output<typeof LimitQueueInput>): Limits {
  const { rate } = given;
  return {
    maxRunning: given.maxRunning === undefined ? before.maxRunning : given.maxRunning,
    maxQueued: given.maxQueued === undefined ? before.maxQueued : given.maxQueued,
    rate:
      rate === undefined
        ? before.rate
        : rate === null
          ? null
          : { ...rate, burst: rate.burst ?? rate.count },
    weight: given.weight ?? before.weight,
  };
}
