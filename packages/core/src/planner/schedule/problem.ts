import { z } from "zod";

/** Times are whole numbers of any one unit; the sum of all durations and lags has to stay below this. */
export const MAX_TIME = 2 ** 30;
/** Of a resource: units are counted in 30 bits. */
export const MAX_CAPACITY = 2 ** 30 - 1;

const whole = (what: string, max: number) =>
  z
    .number(`${what} must be a number`)
    .refine(Number.isInteger, `${what} must be a whole number`)
    .refine((value) => value >= 0, `${what} must not be negative`)
    .refine((value) => value <= max, `${what} must be at most ${max}`);

const TaskId = z.string("must be the id of a task").min(1, "must not be empty");

/** A task that has to have ended, and how long before this one starts. */
export const Predecessor = z.union(
  [TaskId, z.object({ task: TaskId, lag: whole("the lag", MAX_TIME).default(0) })],
  "must be the id of a task, or {task, lag}",
);
export type Predecessor = z.infer<typeof Predecessor>;

export const ScheduleTask = z.object({
  id: TaskId,
  duration: whole("the duration", MAX_TIME),
  /** Units of each resource that it holds from its start to its end. */
  requires: z.record(z.string(), whole("the requirement", MAX_CAPACITY)).default({}),
  after: z.array(Predecessor, "must be a list of tasks").default([]),
});
export type ScheduleTask = z.infer<typeof ScheduleTask>;

/** What has to be scheduled: tasks in an order of precedence, and the resources that they share. */
export const ScheduleProblem = z.object({
  /** Units of each resource that there are at any time. */
  resources: z.record(z.string(), whole("the capacity", MAX_CAPACITY)).default({}),
  tasks: z.array(ScheduleTask, "must be a list of tasks").min(1, "there are no tasks to schedule"),
});
export type ScheduleProblem = z.infer<typeof ScheduleProblem>;

export const predecessorId = (predecessor: Predecessor): string =>
  typeof predecessor === "string" ? predecessor : predecessor.task;

export const lagOf = (predecessor: Predecessor): number =>
  typeof predecessor === "string" ? 0 : predecessor.lag;

export const longestLag = (after: readonly Predecessor[]): number =>
  after.reduce((longest, predecessor) => Math.max(longest, lagOf(predecessor)), 0);
