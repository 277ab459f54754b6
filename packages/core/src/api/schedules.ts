import { z } from "zod";
import {
  FiringOutcome,
  MAX_CATCH_UP,
  MissedPolicy,
  OverlapPolicy,
  RunId,
  RunStatus,
  ScheduleId,
  ScheduleStatus,
  StepName,
  storableText,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";
import { TaskInput } from "./tasks.ts";

const { kind, title, queue, priority, maxAttempts, deadlineSeconds, undo, sensitive, risk } =
  TaskInput.shape;

/** A task as a schedule starts it: when, and under which key, is the schedule's business. */
export const ScheduledTask = z.strictObject({
  kind,
  with: TaskInput.shape.with,
  title,
  queue,
  priority,
  maxAttempts,
  deadlineSeconds,
  undo,
  sensitive,
  risk,
});
export type ScheduledTask = z.infer<typeof ScheduledTask>;

const timetable = {
  cron: storableText(200, 1).optional().meta({
    description: "5 fields, 6 with seconds first, or @hourly, @daily, @weekly, @monthly, @yearly",
    example: "0 9 * * MON-FRI",
  }),
  timeZone: storableText(100, 1).default("UTC").meta({
    description: "IANA name that cron is read in",
    example: "Europe/Berlin",
  }),
  everySeconds: z.int().min(1).max(31_536_000).optional().meta({
    description: "Instead of cron: so many seconds apart, counted from when it was made or changed",
  }),
};
const policies = {
  overlap: OverlapPolicy.default("allow").meta({
    description: "skip: an instant while the run before is unfinished begins nothing",
  }),
  missed: MissedPolicy.default("catch_up").meta({
    description:
      "Of instants that nobody could fire within a minute: the newest are made up for, or none",
  }),
  catchUp: z.int().min(1).max(MAX_CATCH_UP).default(1).meta({
    description: "How many at most are made up for",
  }),
  jitterSeconds: z.int().min(0).max(3_600).default(0).meta({
    description: "The task begins up to so much later, the same for the same instant",
  }),
};

const eitherForm = (given: { cron?: string | undefined; everySeconds?: number | undefined }) =>
  (given.cron === undefined) !== (given.everySeconds === undefined);
const EITHER = { message: "give exactly one of cron and everySeconds", path: ["cron"] };

export const CreateScheduleInput = z
  .object({
    name: StepName.meta({ description: "Unique in the tenant", example: "nightly-report" }),
    ...timetable,
    ...policies,
    task: ScheduledTask,
  })
  .refine(eitherForm, EITHER);
export type CreateScheduleInput = z.infer<typeof CreateScheduleInput>;

export const OneSchedule = z.object({ scheduleId: ScheduleId });

/** The whole of it anew, as a form sends it. */
export const UpdateScheduleInput = z
  .object({
    ...OneSchedule.shape,
    version: z.int().min(1).meta({ description: "The one that was looked at" }),
    ...CreateScheduleInput.shape,
  })
  .refine(eitherForm, EITHER);

export const PauseScheduleInput = OneSchedule.extend({ reason: storableText(500, 1) });

export const PreviewScheduleInput = z
  .object({ ...timetable, count: z.coerce.number().int().min(1).max(20).default(5) })
  .extend({ everySeconds: z.coerce.number().int().min(1).max(31_536_000).optional() })
  .refine(eitherForm, EITHER);

export const OccurrenceView = z.object({
  at: Timestamp,
  local: z.string().meta({ description: "Wall time in the schedule's zone, with its offset" }),
});
export type OccurrenceView = z.infer<typeof OccurrenceView>;

export const SchedulePreview = z.object({
  words: z.string().meta({ description: "The timetable, in words" }),
  occurrences: z.array(OccurrenceView),
});
export type SchedulePreview = z.infer<typeof SchedulePreview>;

const ScheduledRun = z.object({
  id: RunId,
  status: RunStatus.nullable().meta({ description: "null: it has been moved to the history" }),
});

export const ScheduleView = z.object({
  id: ScheduleId,
  name: StepName,
  cron: z.string().nullable(),
  timeZone: z.string(),
  everySeconds: z.int().nullable(),
  words: z.string(),
  task: ScheduledTask,
  overlap: OverlapPolicy,
  missed: MissedPolicy,
  catchUp: z.int(),
  jitterSeconds: z.int(),
  status: ScheduleStatus,
  pausedReason: z.string().nullable(),
  nextAt: Timestamp.nullable(),
  lastAt: Timestamp.nullable(),
  lastRun: ScheduledRun.nullable(),
  misses: z.int(),
  version: z.int(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type ScheduleView = z.infer<typeof ScheduleView>;
export const SchedulePage = pageOf(ScheduleView);

export const FiringView = z.object({
  occurrence: Timestamp,
  outcome: FiringOutcome,
  run: ScheduledRun.nullable(),
  occurrences: z.int().meta({ description: "More than one where several were missed in a row" }),
  through: Timestamp.nullable().meta({ description: "The last of them" }),
  error: z.string().nullable(),
  firedAt: Timestamp,
  byHand: z.boolean(),
});
export type FiringView = z.infer<typeof FiringView>;
export const FiringPage = pageOf(FiringView);

export const ScheduleDetail = ScheduleView.extend({
  next: z.array(OccurrenceView).meta({ description: "The next five; empty while paused" }),
  firings: z.array(FiringView).meta({ description: "The newest twenty" }),
});
export type ScheduleDetail = z.infer<typeof ScheduleDetail>;

export const RunScheduleResult = z.object({ runId: RunId });

export const ListSchedulesInput = PageInput.extend({
  status: ScheduleStatus.optional(),
  search: storableText(200).optional().meta({ description: "Part of the name" }),
});
export const ListFiringsInput = PageInput.extend({ ...OneSchedule.shape });
