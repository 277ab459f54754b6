import {
  createSchedule,
  getSchedule,
  listFirings,
  listSchedules,
  pauseSchedule,
  previewSchedule,
  removeSchedule,
  resumeSchedule,
  runSchedule,
  updateSchedule,
} from "@nofx/control/schedules";
import {
  CreateScheduleInput,
  FiringPage,
  ListFiringsInput,
  ListSchedulesInput,
  OneSchedule,
  PauseScheduleInput,
  PreviewScheduleInput,
  RunScheduleResult,
  ScheduleDetail,
  SchedulePage,
  SchedulePreview,
  ScheduleView,
  UpdateScheduleInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "schedules";

export const schedulesRouter = {
  list: query
    .meta(rest("/schedules", TAG, { operationId: "listSchedules", summary: "List schedules" }))
    .input(ListSchedulesInput)
    .output(SchedulePage)
    .query(({ ctx, input }) => listSchedules(ctx.member, input)),

  preview: query
    .meta(
      rest("/schedules/preview", TAG, {
        operationId: "previewSchedule",
        summary: "What a timetable says: in words, and its next instants",
      }),
    )
    .input(PreviewScheduleInput)
    .output(SchedulePreview)
    .query(({ ctx, input }) => previewSchedule(ctx.member, input)),

  get: query
    .meta(
      rest("/schedules/{scheduleId}", TAG, {
        operationId: "getSchedule",
        summary: "One schedule, its next five instants and its newest firings",
      }),
    )
    .input(OneSchedule)
    .output(ScheduleDetail)
    .query(({ ctx, input }) => getSchedule(ctx.member, input)),

  firings: query
    .meta(
      rest("/schedules/{scheduleId}/firings", TAG, {
        operationId: "listScheduleFirings",
        summary: "What became of a schedule's instants, newest first, of the last 90 days",
      }),
    )
    .input(ListFiringsInput)
    .output(FiringPage)
    .query(({ ctx, input }) => listFirings(ctx.member, input)),

  create: command
    .meta(
      restCommand("/schedules", TAG, {
        operationId: "createSchedule",
        summary: "Have a task begin by the clock",
        description:
          "By cron in a time zone, or so many seconds apart. Each instant begins its task once, whatever the number of workers. What a gate would warn of, block or hold for an approval is refused with 422 `plan_required`.",
      }),
    )
    .input(CreateScheduleInput)
    .output(ScheduleView)
    .mutation(({ ctx, input }) => createSchedule(ctx.member, input)),

  update: command
    .meta(
      restCommand("/schedules/{scheduleId}/update", TAG, {
        operationId: "updateSchedule",
        summary: "Change a schedule, all of it at once",
      }),
    )
    .input(UpdateScheduleInput)
    .output(ScheduleView)
    .mutation(({ ctx, input }) => updateSchedule(ctx.member, input)),

  pause: command
    .meta(
      restCommand("/schedules/{scheduleId}/pause", TAG, {
        operationId: "pauseSchedule",
        summary: "Have nothing begin by a schedule until it is resumed",
      }),
    )
    .input(PauseScheduleInput)
    .output(ScheduleView)
    .mutation(({ ctx, input }) => pauseSchedule(ctx.member, input)),

  resume: command
    .meta(
      restCommand("/schedules/{scheduleId}/resume", TAG, {
        operationId: "resumeSchedule",
        summary: "Go on with the next instant from now",
      }),
    )
    .input(OneSchedule)
    .output(ScheduleView)
    .mutation(({ ctx, input }) => resumeSchedule(ctx.member, input)),

  run: command
    .meta(
      restCommand("/schedules/{scheduleId}/run", TAG, {
        operationId: "runSchedule",
        summary: "Start its task now, outside its timetable",
      }),
    )
    .input(OneSchedule)
    .output(RunScheduleResult)
    .mutation(({ ctx, input }) => runSchedule(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/schedules/{scheduleId}/remove", TAG, {
        operationId: "removeSchedule",
        summary: "Remove a schedule; its runs stay",
      }),
    )
    .input(OneSchedule)
    .output(OneSchedule)
    .mutation(({ ctx, input }) => removeSchedule(ctx.member, input)),
} satisfies TRPCRouterRecord;
