import {
  limitQueue,
  listQueues,
  pauseQueue,
  resumeQueue,
  scaleQueue,
  unlimitQueue,
} from "@nofx/control/queues";
import {
  LimitQueueInput,
  ListQueuesInput,
  OneRule,
  PauseQueueInput,
  QueuePage,
  ResumeQueueInput,
  RuleView,
  ScaleQueueInput,
  ScaleView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "queues";

export const queuesRouter = {
  list: query
    .meta(
      rest("/queues", TAG, {
        operationId: "listQueues",
        summary: "The tenant's queues by name, and the rules that bind them",
      }),
    )
    .input(ListQueuesInput)
    .output(QueuePage)
    .query(({ ctx, input }) => listQueues(ctx.member, input)),

  scale: query
    .meta(
      rest("/queues/{queue}/scale", TAG, {
        operationId: "scaleQueue",
        summary: "How many workers a queue asks for, for an external scaler",
      }),
    )
    .input(ScaleQueueInput)
    .output(ScaleView)
    .query(({ ctx, input }) => scaleQueue(ctx.member, input)),

  pause: command
    .meta(
      restCommand("/queues/pause", TAG, {
        operationId: "pauseQueue",
        summary: "Let nothing of a queue, a type or the tenant begin, with a reason",
      }),
    )
    .input(PauseQueueInput)
    .output(RuleView)
    .mutation(({ ctx, input }) => pauseQueue(ctx.member, input)),

  resume: command
    .meta(
      restCommand("/queues/resume", TAG, {
        operationId: "resumeQueue",
        summary: "Let what was paused go on",
      }),
    )
    .input(ResumeQueueInput)
    .output(RuleView)
    .mutation(({ ctx, input }) => resumeQueue(ctx.member, input)),

  limit: command
    .meta(
      restCommand("/queues/limit", TAG, {
        operationId: "limitQueue",
        summary: "Limit what runs, begins or queues up",
      }),
    )
    .input(LimitQueueInput)
    .output(RuleView)
    .mutation(({ ctx, input }) => limitQueue(ctx.member, input)),

  unlimit: command
    .meta(
      restCommand("/queues/rules/{ruleId}/remove", TAG, {
        operationId: "unlimitQueue",
        summary: "Take the limits of a rule away; a pause stays",
      }),
    )
    .input(OneRule)
    .output(RuleView)
    .mutation(({ ctx, input }) => unlimitQueue(ctx.member, input)),
} satisfies TRPCRouterRecord;
