import { listFlagChanges, listFlags, setFlag } from "@nofx/control/flags";
import { FlagHistory, FlagList, FlagView, SetFlagInput } from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "flags";

export const flagsRouter = {
  list: query
    .meta(
      rest("/flags", TAG, {
        operationId: "listFlags",
        summary: "What is switched on and off in the tenant, by whom and why",
      }),
    )
    .input(z.object({}))
    .output(FlagList)
    .query(({ ctx }) => listFlags(ctx.member)),

  history: query
    .meta(
      rest("/flags/history", TAG, {
        operationId: "listFlagChanges",
        summary: "Who switched what and why, newest first, from the audit log",
      }),
    )
    .input(z.object({}))
    .output(FlagHistory)
    .query(({ ctx }) => listFlagChanges(ctx.member)),

  set: command
    .meta(
      restCommand("/flags/{name}", TAG, {
        operationId: "setFlag",
        summary: "Switch a flag on or off, with the reason",
        description: "Heeded by every process within three seconds. For admins.",
      }),
    )
    .input(SetFlagInput)
    .output(FlagView)
    .mutation(({ ctx, input }) => setFlag(ctx.member, input)),
} satisfies TRPCRouterRecord;
