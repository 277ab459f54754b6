import { NofxError, type Issue } from "@nofx/core/errors";
import { judgeTasks } from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import { countQueued, loadJudgedBy, type Ceiling, type JudgedBy } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { factsOf } from "../plans/load-facts.ts";
import { admitUnder, countByQueue, type Count } from "../queues/admit.ts";

/** Ceilings are rare and seldom change: the last ones that a tenant had are the ones to judge by first. */
const ceilings = new WeakMap<Plane, Map<string, readonly Ceiling[]>>();

/** What tasks are likely to be judged by: commands that the tenant does not run are refused anyway, after a look. */
export function guessJudgedBy(ctx: MemberContext, steps: readonly PlannedStep[]): JudgedBy {
  return {
    ceilings: ceilings.get(ctx.plane)?.get(ctx.tenantId) ?? [],
    ...(steps.some(isOfShell) ? { shell: "trusted" } : {}),
  };
}

/** What they are to be judged by now. */
export async function readJudgedBy(
  ctx: MemberContext,
  tx: CommandTransaction,
  steps: readonly PlannedStep[],
): Promise<JudgedBy> {
  return loadJudgedBy(tx.db, ctx.tenantId, steps.some(isOfShell));
}

/** Keeps the ceilings in mind for the next guess. */
export function remember({ plane, tenantId }: MemberContext, by: JudgedBy): void {
  let known = ceilings.get(plane);
  if (known === undefined) ceilings.set(plane, (known = new Map()));
  if (by.ceilings.length === 0) known.delete(tenantId);
  else known.set(tenantId, by.ceilings);
}

/** Refuses what takes a plan, or finds no room. What has to be counted for it is counted in `tx`, or by itself. */
export async function judge(
  ctx: MemberContext,
  steps: readonly PlannedStep[],
  by: JudgedBy,
  tx?: CommandTransaction,
): Promise<void> {
  const refused = judgeTasks(steps, factsOf(by.shell));
  if (refused.length > 0) throw planRequired(refused);
  const countIn = (ceiling: Ceiling, { db }: CommandTransaction) =>
    countQueued(db, ctx.tenantId, ceiling, ceiling.max_queued);
  const count: Count = (ceiling) =>
    tx === undefined ? inTransaction(ctx, (own) => countIn(ceiling, own)) : countIn(ceiling, tx);
  await admitUnder(ctx, by.ceilings, countByQueue(steps), count);
}

/** Facts are about commands: one that submits others need not ask for them. */
function isOfShell({ kind, undo }: PlannedStep): boolean {
  return kind === "shell" || undo?.kind === "shell";
}

function planRequired(issues: readonly Issue[]): NofxError {
  return new NofxError("plan_required", {
    detail:
      "Tasks run without a plan, so nobody would read a warning or be asked for an approval. Put what needs one into a backlog and plan it (POST /api/backlog/import, then /api/auto-planner/plan), or submit the others without it.",
    issues,
  });
}
