import { endVoidOverrideQuestions } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadRules } from "./load-rules.ts";

/** What follows from a changed rule: overrides that still wait for a second person are void, and nobody is asked about them any more. */
export async function afterRuleChange(ctx: MemberContext, tx: CommandTransaction): Promise<void> {
  const { digest } = await loadRules(ctx, tx);
  const ended = await endVoidOverrideQuestions(tx.db, ctx.tenantId, digest);
  for (const one of ended) {
    tx.emit({
      type: "gate.overridden",
      payload: {
        override_id: one.id,
        plan_id: one.plan_id,
        scope: one.scope,
        status: "void",
        verdict: one.verdict,
      },
    });
  }
}
