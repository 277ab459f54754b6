import { submitTasks } from "@nofx/control/tasks";
import { SubmitTasksInput, SubmitTasksResult } from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { restCommand } from "../openapi-meta.ts";
import { command } from "../trpc.ts";

export const tasksRouter = {
  submit: command
    .meta(
      restCommand("/tasks", "tasks", {
        operationId: "submitTasks",
        summary: "Queue tasks: runs of one step, without a plan",
        description:
          "All or none of them. What a gate would warn of, block or hold for an approval is refused with 422 `plan_required`, which names the tasks; input that no agent of its capability takes with 422 `input_mismatch`, which names each place.",
      }),
    )
    .input(SubmitTasksInput)
    .output(SubmitTasksResult)
    .mutation(({ ctx, input }) => submitTasks(ctx.member, input)),
} satisfies TRPCRouterRecord;
