import { PauseQueueInput, ResumeQueueInput, type RuleView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { dropEmptyRule, ensureRule, findRule, lockRule, setPause } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { ruleKey } from "./rule-key.ts";
import { aboutRule, noSuchRule, readRule, viewRule } from "./view.ts";

/**
 * Nothing of a queue, a type, or all of a tenant is claimed until it is resumed. What runs goes on to its end, and what is
 * queued stays so.
 */
export function pauseQueue(
  ctx: MemberContext,
  input: z.input<typeof PauseQueueInput>,
): Promise<RuleView> {
  const spec = {
    name: "queues.pause",
    permission: "queue.manage",
    input: PauseQueueInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { reason, ...scope }) => {
    const key = await ruleKey(ctx, tx, scope);
    const row = { id: ctx.plane.newUuid(), createdBy: ctx.actor.id };
    const id = await ensureRule(tx.db, key, row);
    await setPause(tx.db, id, { reason, by: ctx.name });
    const rule = await findRule(tx.db, id);
    if (rule === undefined) throw noSuchRule();
    const said = aboutRule(ctx, rule);
    tx.emit({ type: "queue.paused", payload: said });
    // the log of decisions keeps the reason's digest: the reason itself stands at the rule
    await tx.audit("queue.paused", { ...said, reason_sha256: ctx.plane.sha256(reason) });
    return readRule(tx, id);
  });
}

/** What is queued is claimed again, as far as other rules allow. */
export function resumeQueue(
  ctx: MemberContext,
  input: z.input<typeof ResumeQueueInput>,
): Promise<RuleView> {
  const spec = {
    name: "queues.resume",
    permission: "queue.manage",
    input: ResumeQueueInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, scope) => {
    const id = await lockRule(tx.db, await ruleKey(ctx, tx, scope));
    const before = id === undefined ? undefined : await findRule(tx.db, id);
    if (before === undefined || before.paused_at === null) {
      throw new NofxError("conflict", {
        detail:
          "This is not paused. `nofx queues list` shows what is, and whether a wider rule holds it.",
      });
    }
    await setPause(tx.db, before.id, null);
    const rule = { ...before, paused_at: null, paused_reason: null, paused_by: null };
    await dropEmptyRule(tx.db, before.id);
    const said = aboutRule(ctx, rule);
    tx.emit({ type: "queue.resumed", payload: said });
    tx.ring({ for_workers: 1, for_agents: 1 });
    await tx.audit("queue.resumed", said);
    return viewRule(rule, { own: true, plane: true });
  });
}
