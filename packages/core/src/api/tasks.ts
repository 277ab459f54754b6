import { z } from "zod";
import {
  BacklogItemInput,
  DEFAULT_QUEUE,
  QueueName,
  RunId,
  StepKind,
  storableText,
} from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

export const MAX_TASKS_A_CALL = 1_000;
const A_YEAR = 31_536_000;

const { priority, maxFailures, deadlineSeconds, undo, sensitive, risk } = BacklogItemInput.shape;

/** One task: `kind` and `with` as a backlog item has them. What is wrong in `with` is found by the planner, by kind. */
export const TaskInput = z
  .strictObject({
    kind: StepKind,
    with: z.record(z.string(), z.unknown()).default({}),
    title: storableText(200, 1).optional().meta({
      description: "What people see; made of kind and arguments when absent",
    }),
    queue: QueueName.default(DEFAULT_QUEUE),
    priority,
    runAt: Timestamp.optional().meta({ description: "Not before this; at most a year ahead" }),
    delaySeconds: z.int().min(0).max(A_YEAR).optional().meta({
      description: "Not before so many seconds from now, instead of `runAt`",
    }),
    key: storableText(255, 1).optional().meta({
      description: "A second task of this tenant with the same key is the first one",
    }),
    maxAttempts: maxFailures,
    deadlineSeconds,
    undo,
    sensitive,
    risk,
  })
  .refine((task) => task.runAt === undefined || task.delaySeconds === undefined, {
    message: "give runAt or delaySeconds, not both",
    path: ["delaySeconds"],
  });
export type TaskInput = z.infer<typeof TaskInput>;

export const SubmitTasksInput = z.object({
  tasks: z.array(TaskInput).min(1).max(MAX_TASKS_A_CALL),
});
export type SubmitTasksInput = z.infer<typeof SubmitTasksInput>;

export const SubmitTasksResult = z.object({
  runs: z.array(RunId).meta({ description: "One a task, in their order" }),
  existing: z.int().meta({ description: "How many of them their keys found instead of made" }),
});
export type SubmitTasksResult = z.infer<typeof SubmitTasksResult>;
