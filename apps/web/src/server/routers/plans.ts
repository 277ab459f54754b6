import {
  createPlan,
  diffPlans,
  executePlan,
  forecastPlan,
  getGates,
  getPlan,
  getPlanOutcome,
  listPlans,
  listPlanSteps,
} from "@nofx/control/plans";
import {
  CreatePlanInput,
  DiffPlansInput,
  ExecutePlanInput,
  ExecutePlanResult,
  ForecastPlanInput,
  GatesView,
  ListPlansInput,
  PageInput,
  PlanDiffView,
  PlanForecastView,
  PlanOutcomeView,
  PlanPage,
  PlanStepPage,
  PlanView,
} from "@nofx/core/api";
import { PlanId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand, restQuestion } from "../openapi-meta.ts";
import { ask, command, query } from "../trpc.ts";

const OnePlan = z.object({ planId: PlanId });

export const plansRouter = {
  create: command
    .meta(
      restCommand("/auto-planner/plan", "plans", {
        operationId: "createPlan",
        summary: "Make a plan from backlog items and let the gates judge it",
      }),
    )
    .input(CreatePlanInput)
    .output(PlanView)
    .mutation(({ ctx, input }) => createPlan(ctx.member, input)),

  execute: command
    .meta(
      restCommand("/auto-planner/execute", "plans", {
        operationId: "executePlan",
        summary: "Start a run of an approved plan",
      }),
    )
    .input(ExecutePlanInput)
    .output(ExecutePlanResult)
    .mutation(({ ctx, input }) => executePlan(ctx.member, input)),

  forecast: ask
    .meta(
      restQuestion("/auto-planner/forecast", "plans", {
        operationId: "forecastPlan",
        summary: "What a plan would be: steps, times, cost, odds, verdicts. Nothing is stored",
      }),
    )
    .input(ForecastPlanInput)
    .output(PlanForecastView)
    .mutation(({ ctx, input }) => forecastPlan(ctx.member, input)),

  list: query
    .meta(rest("/plans", "plans", { operationId: "listPlans", summary: "List plans" }))
    .input(ListPlansInput)
    .output(PlanPage)
    .query(({ ctx, input }) => listPlans(ctx.member, input)),

  get: query
    .meta(rest("/plans/{planId}", "plans", { operationId: "getPlan", summary: "One plan" }))
    .input(OnePlan)
    .output(PlanView)
    .query(({ ctx, input }) => getPlan(ctx.member, input)),

  steps: query
    .meta(
      rest("/plans/{planId}/steps", "plans", {
        operationId: "listPlanSteps",
        summary: "The steps of a plan, in plan order",
      }),
    )
    .input(PageInput.extend(OnePlan.shape))
    .output(PlanStepPage)
    .query(({ ctx, input }) => listPlanSteps(ctx.member, input)),

  diff: query
    .meta(
      rest("/plans/{from}/diff/{to}", "plans", {
        operationId: "diffPlans",
        summary: "What differs between two versions of a plan",
      }),
    )
    .input(DiffPlansInput)
    .output(PlanDiffView)
    .query(({ ctx, input }) => diffPlans(ctx.member, input)),

  outcome: query
    .meta(
      rest("/plans/{planId}/outcome", "plans", {
        operationId: "getPlanOutcome",
        summary: "What the newest run of a plan took, beside what was expected",
      }),
    )
    .input(OnePlan)
    .output(PlanOutcomeView)
    .query(({ ctx, input }) => getPlanOutcome(ctx.member, input)),

  gates: query
    .meta(
      rest("/gates/{planId}", "plans", {
        operationId: "getGates",
        summary: "What the gates found in a plan: verdicts, reasons, evidence, tips",
      }),
    )
    .input(OnePlan)
    .output(GatesView)
    .query(({ ctx, input }) => getGates(ctx.member, input)),
} satisfies TRPCRouterRecord;
