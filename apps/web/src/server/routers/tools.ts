import { getTool, listToolRuns, listTools, putTool, retireTool } from "@nofx/control/tools";
import {
  ListToolRunsInput,
  ListToolsInput,
  OneTool,
  PutToolInput,
  ToolPage,
  ToolRunPage,
  ToolView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "tools";

export const toolsRouter = {
  list: query
    .meta(rest("/tools", TAG, { operationId: "listTools", summary: "The catalogue of tools" }))
    .input(ListToolsInput)
    .output(ToolPage)
    .query(({ ctx, input }) => listTools(ctx.member, input)),

  get: query
    .meta(
      rest("/tools/{name}", TAG, {
        operationId: "getTool",
        summary: "The version of a tool that holds now",
      }),
    )
    .input(OneTool)
    .output(ToolView)
    .query(({ ctx, input }) => getTool(ctx.member, input)),

  runs: query
    .meta(
      rest("/tool-runs", TAG, {
        operationId: "listToolRuns",
        summary: "Uses of tools, newest first",
      }),
    )
    .input(ListToolRunsInput)
    .output(ToolRunPage)
    .query(({ ctx, input }) => listToolRuns(ctx.member, input)),

  put: command
    .meta(
      restCommand("/tools", TAG, {
        operationId: "putTool",
        summary: "List a tool, or a new version of it",
        description:
          "The version that is put is the one that holds: yeses to an older one are good for nothing any more.",
      }),
    )
    .input(PutToolInput)
    .output(ToolView)
    .mutation(({ ctx, input }) => putTool(ctx.member, input)),

  retire: command
    .meta(
      restCommand("/tools/{name}/retire", TAG, {
        operationId: "retireTool",
        summary: "Take a tool out of the catalogue",
      }),
    )
    .input(OneTool)
    .output(OneTool)
    .mutation(({ ctx, input }) => retireTool(ctx.member, input)),
} satisfies TRPCRouterRecord;
