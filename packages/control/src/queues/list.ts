import { ListQueuesInput, type QueuePage } from "@nofx/core/api";
import { isAllowed } from "@nofx/core/vocabulary";
import { listRules, queueStats, type ClaimRuleRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { operatesPlane } from "../workers/view.ts";
import { viewPause, viewRule } from "./view.ts";

/** The queues of the caller's tenant by name, with what holds them; the cursor is the last name. */
export function listQueues(
  ctx: MemberContext,
  input: z.input<typeof ListQueuesInput>,
): Promise<QueuePage> {
  return runQuery(ctx, ListQueuesInput, input, async (tx, { cursor, limit }) => {
    const own = isAllowed(ctx.role, "queue.manage");
    const plane = own && (await operatesPlane(ctx, tx));
    const { queues } = await queueStats(tx.db, ctx.tenantId);
    const rules = await listRules(tx.db, ctx.tenantId, { all: plane });
    const binding = rules.filter((r) => r.tenant_id === null || r.tenant_id === ctx.tenantId);
    const left = queues.filter((one) => cursor === undefined || one.queue > cursor);
    const items = left.slice(0, limit).map((one) => ({
      queue: one.queue,
      ready: one.ready,
      delayed: one.delayed,
      held: one.held,
      inFlight: one.in_flight,
      oldestSeconds: one.oldest_seconds,
      perMinute: one.per_minute,
      failureRate: one.failure_rate,
      paused: pauseOf(binding, one.queue),
    }));
    return {
      items,
      nextCursor: left.length > limit ? (items.at(-1)?.queue ?? null) : null,
      total: queues.length,
      rules: rules.map((rule) => viewRule(rule, { own, plane })),
      mayRulePlane: plane,
    };
  });
}

/** The widest pause that holds all of a queue: it is the one to be lifted first. */
function pauseOf(rules: readonly ClaimRuleRecord[], queue: string) {
  const rule = rules.find(
    (r) =>
      r.paused_at !== null &&
      r.type === null &&
      r.agent === null &&
      (r.queue === null || r.queue === queue),
  );
  return rule === undefined ? null : viewPause(rule);
}
