import {
  budgetHistory,
  budgetUsage,
  changeBudget,
  getBudget,
  listBudgets,
  removeBudget,
  setBudget,
  setTimeZone,
  usageAndCost,
} from "@nofx/control/budgets";
import {
  BudgetHistory,
  BudgetPage,
  BudgetUsageInput,
  BudgetUsagePage,
  BudgetView,
  ChangeBudgetInput,
  ListBudgetsInput,
  OneBudget,
  SetBudgetInput,
  TimeZoneSetting,
  UsageInput,
  UsageView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "budgets";

export const budgetsRouter = {
  list: query
    .meta(
      rest("/budgets", TAG, {
        operationId: "listBudgets",
        summary: "The tenant's budgets by name, each with what is used of it now",
      }),
    )
    .input(ListBudgetsInput)
    .output(BudgetPage)
    .query(({ ctx, input }) => listBudgets(ctx.member, input)),

  get: query
    .meta(
      rest("/budgets/{budgetId}", TAG, { operationId: "getBudget", summary: "Read one budget" }),
    )
    .input(OneBudget)
    .output(BudgetView)
    .query(({ ctx, input }) => getBudget(ctx.member, input)),

  usage: query
    .meta(
      rest("/budgets/{budgetId}/usage", TAG, {
        operationId: "getBudgetUsage",
        summary: "The windows of a budget, newest first: those of now, and its history",
      }),
    )
    .input(BudgetUsageInput)
    .output(BudgetUsagePage)
    .query(({ ctx, input }) => budgetUsage(ctx.member, input)),

  history: query
    .meta(
      rest("/budgets/{budgetId}/history", TAG, {
        operationId: "listBudgetChanges",
        summary: "Who changed a budget and how, newest first, from the audit log",
      }),
    )
    .input(OneBudget)
    .output(BudgetHistory)
    .query(({ ctx, input }) => budgetHistory(ctx.member, input)),

  set: command
    .meta(
      restCommand("/budgets", TAG, {
        operationId: "setBudget",
        summary: "Set a new budget",
        description: "It binds from the next reservation on. For admins.",
      }),
    )
    .input(SetBudgetInput)
    .output(BudgetView)
    .mutation(({ ctx, input }) => setBudget(ctx.member, input)),

  change: command
    .meta(
      restCommand("/budgets/{budgetId}", TAG, {
        operationId: "changeBudget",
        summary:
          "Change the limit of a budget, what follows from its being spent, or switch it off",
        description: "What is used and reserved stays. For admins.",
      }),
    )
    .input(ChangeBudgetInput)
    .output(BudgetView)
    .mutation(({ ctx, input }) => changeBudget(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/budgets/{budgetId}/remove", TAG, {
        operationId: "removeBudget",
        summary: "Remove a budget; what it counted stays in the books",
        description: "For admins.",
      }),
    )
    .input(OneBudget)
    .output(OneBudget)
    .mutation(({ ctx, input }) => removeBudget(ctx.member, input)),

  setTimeZone: command
    .meta(
      restCommand("/settings/time-zone", TAG, {
        operationId: "setTimeZone",
        summary: "By whose clock days and months of budgets begin",
        description: "For admins.",
      }),
    )
    .input(TimeZoneSetting)
    .output(TimeZoneSetting)
    .mutation(({ ctx, input }) => setTimeZone(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const usageRouter = {
  get: query
    .meta(
      rest("/usage", TAG, {
        operationId: "getUsage",
        summary:
          "What was asked of models and what it cost, by run, step, agent, model, day or in all",
        description: "Sums are exact: rows and rest add up to the total, to the picodollar.",
      }),
    )
    .input(UsageInput)
    .output(UsageView)
    .query(({ ctx, input }) => usageAndCost(ctx.member, input)),
} satisfies TRPCRouterRecord;
