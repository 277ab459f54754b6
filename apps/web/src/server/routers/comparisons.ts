import {
  getComparison,
  listComparisons,
  runComparison,
  startComparison,
} from "@nofx/control/comparisons";
import {
  ComparisonPage,
  ComparisonView,
  ListComparisonsInput,
  OneComparison,
  StartComparisonInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "models";

export const comparisonsRouter = {
  list: query
    .meta(
      rest("/comparisons", TAG, {
        operationId: "listComparisons",
        summary: "Comparisons of models' plans, newest first",
      }),
    )
    .input(ListComparisonsInput)
    .output(ComparisonPage)
    .query(({ ctx, input }) => listComparisons(ctx.member, input)),

  get: query
    .meta(
      rest("/comparisons/{comparisonId}", TAG, {
        operationId: "getComparison",
        summary:
          "One comparison: outcome, time, tokens and cost of each model, and how its plan differs",
      }),
    )
    .input(OneComparison)
    .output(ComparisonView)
    .query(({ ctx, input }) => getComparison(ctx.member, input)),

  start: command
    .meta(
      restCommand("/comparisons", TAG, {
        operationId: "startComparison",
        summary: "Ask several models for a plan of the same items",
        description:
          "Each answer is held to what our own plans are held to, mended where that is mechanical, or refused with reasons. Adopt one by `POST /auto-planner/plan` with `from`. Repeated under its key it asks only those that have not answered.",
      }),
    )
    .input(StartComparisonInput)
    .output(ComparisonView)
    .mutation(({ ctx, input }) => startComparison(ctx.member, input)),

  run: command
    .meta(
      restCommand("/comparisons/{comparisonId}/run", TAG, {
        operationId: "runComparison",
        summary: "Ask the models of a comparison that nobody asks yet",
      }),
    )
    .input(OneComparison)
    .output(ComparisonView)
    .mutation(({ ctx, input }) => runComparison(ctx.member, input)),
} satisfies TRPCRouterRecord;
