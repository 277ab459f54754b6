import { getRetention, setRetention } from "@nofx/control/retention";
import { RetentionView, SetRetentionInput } from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "retention";

export const retentionRouter = {
  get: query
    .meta(
      rest("/retention", TAG, {
        operationId: "getRetention",
        summary: "How long runs and events are kept",
      }),
    )
    .input(z.object({}))
    .output(RetentionView)
    .query(({ ctx }) => getRetention(ctx.member)),

  set: command
    .meta(
      restCommand("/retention", TAG, {
        operationId: "setRetention",
        summary: "Say how long runs and events are kept",
      }),
    )
    .input(SetRetentionInput)
    .output(RetentionView)
    .mutation(({ ctx, input }) => setRetention(ctx.member, input)),
} satisfies TRPCRouterRecord;
