import { getHistory, listHistories } from "@nofx/control/histories";
import { HistoryPage, ListHistoriesInput } from "@nofx/core/api";
import { RunHistory } from "@nofx/core/contract";
import { RunId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest } from "../openapi-meta.ts";
import { query } from "../trpc.ts";

const TAG = "histories";

export const historiesRouter = {
  list: query
    .meta(
      rest("/histories", TAG, {
        operationId: "listHistories",
        summary: "What is stored of the runs that have not ended and have steps of a capability",
      }),
    )
    .input(ListHistoriesInput)
    .output(HistoryPage)
    .query(({ ctx, input }) => listHistories(ctx.member, input)),

  get: query
    .meta(
      rest("/runs/{runId}/history", TAG, {
        operationId: "getRunHistory",
        summary: "What is stored of one run, by name: a file that new code can be held against",
      }),
    )
    .input(z.object({ runId: RunId }))
    .output(RunHistory)
    .query(({ ctx, input }) => getHistory(ctx.member, input)),
} satisfies TRPCRouterRecord;
