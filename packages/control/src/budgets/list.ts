import {
  BudgetHistory,
  BudgetUsageInput,
  ListBudgetsInput,
  OneBudget,
  type BudgetPage,
  type BudgetUsagePage,
  type BudgetView,
} from "@nofx/core/api";
import { isAllowed, toUuid, uuidOf } from "@nofx/core/vocabulary";
import { listAudit, listBudgets as budgets, listBudgetUses, loadTimeZone } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { findBudget, viewBudget, viewUse } from "./view.ts";

const MOST = 100;

/** The tenant's budgets by name, each with the windows of now that are fullest. */
export function listBudgets(
  ctx: MemberContext,
  input: z.input<typeof ListBudgetsInput>,
): Promise<BudgetPage> {
  return runQuery(ctx, ListBudgetsInput, input, async (tx, filter) => {
    const subject = filter.subject === undefined ? undefined : stored(filter.subject);
    const page = await budgets(tx.db, { ...filter, subject, tenantId: ctx.tenantId });
    return {
      items: page.items.map(viewBudget),
      nextCursor: page.nextCursor,
      total: null,
      timeZone: await loadTimeZone(tx.db, ctx.tenantId),
      mayManage: isAllowed(ctx.role, "budget.manage"),
    };
  });
}

export function getBudget(
  ctx: MemberContext,
  input: z.input<typeof OneBudget>,
): Promise<BudgetView> {
  return runQuery(ctx, OneBudget, input, async (tx, { budgetId }) =>
    viewBudget(await findBudget(tx, ctx.tenantId, toUuid("budget", budgetId))),
  );
}

/** The windows of a budget, newest first: those of now, and its history. */
export function budgetUsage(
  ctx: MemberContext,
  input: z.input<typeof BudgetUsageInput>,
): Promise<BudgetUsagePage> {
  return runQuery(ctx, BudgetUsageInput, input, async (tx, { budgetId, ...filter }) => {
    const budget = await findBudget(tx, ctx.tenantId, toUuid("budget", budgetId));
    const subject = filter.subject === undefined ? undefined : stored(filter.subject);
    const page = await listBudgetUses(tx.db, { ...filter, subject, budgetId: budget.id });
    return {
      items: page.items.map((use) => viewUse(budget, use)),
      nextCursor: page.nextCursor,
      total: null,
    };
  });
}

const Body = z.looseObject({
  version: z.int().nullish(),
  limit: z.string().nullish(),
  outcome: z.string().nullish(),
  extra: z.string().nullish(),
  enabled: z.boolean().nullish(),
});

/** Who changed a budget and how, newest first, as the audit log has it. */
export function budgetHistory(
  ctx: MemberContext,
  input: z.input<typeof OneBudget>,
): Promise<BudgetHistory> {
  return runQuery(ctx, OneBudget, input, async (tx, { budgetId }) => {
    const { items } = await listAudit(tx.db, {
      tenantId: ctx.tenantId,
      verb: "budget.",
      subject: toUuid("budget", budgetId),
      seals: false,
      limit: MOST,
    });
    // its first entry is that it was set: where there is none, there was no such budget in this tenant
    if (items.length === 0) await findBudget(tx, ctx.tenantId, toUuid("budget", budgetId));
    return BudgetHistory.parse({
      changes: items.map(({ seq, at, verb, actor_name, actor_id, body }) => {
        const { version, limit, outcome, extra, enabled } = Body.parse(JSON.parse(body));
        return {
          seq,
          at,
          by: actor_name ?? actor_id,
          what: verb.slice("budget.".length),
          version: version ?? null,
          limit: limit ?? null,
          outcome: outcome ?? null,
          extra: extra ?? null,
          enabled: enabled ?? null,
        };
      }),
    });
  });
}

/** An id without its prefix, or a name. */
function stored(subject: string): string {
  return uuidOf(subject) ?? subject;
}
