import { z } from "zod";
import { RunId, StepId } from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

/** Of a worker. Silent: it did not say goodbye and has not been heard of for 15 seconds. */
export const WorkerStatus = z.enum(["active", "draining", "silent", "stopped"]);
export type WorkerStatus = z.infer<typeof WorkerStatus>;

export const WorkerName = z.string().min(1).max(200);

export const WorkerView = z.object({
  name: WorkerName,
  status: WorkerStatus,
  host: z.string(),
  version: z.string(),
  handlers: z.array(z.string()).meta({ description: "What it has code for, as kind@version" }),
  concurrency: z.int(),
  local: z.boolean().meta({ description: "Run by the local stack: its plug can be pulled" }),
  inFlight: z.int(),
  claimed: z.int().meta({ description: "Since its process started" }),
  settled: z.int().meta({ description: "Since its process started" }),
  drainRequestedAt: Timestamp.nullable(),
  startedAt: Timestamp,
  seenAt: Timestamp,
});
export type WorkerView = z.infer<typeof WorkerView>;

export const ListWorkersInput = PageInput.extend({
  all: z.coerce
    .boolean()
    .default(false)
    .meta({ description: "Also those that have stopped or have been silent for an hour" }),
});

export const WorkerPage = pageOf(WorkerView).extend({
  plug: z.boolean().meta({ description: "Whether a worker can be frozen here for a while" }),
  mayDrain: z.boolean().meta({ description: "Whether the caller may drain workers" }),
});
export type WorkerPage = z.infer<typeof WorkerPage>;

export const OneWorkerInput = z.object({ name: WorkerName });

export const PullPlugInput = z.object({ runId: RunId });
export const PulledPlug = z.object({
  worker: WorkerName.meta({ description: "The one that is frozen" }),
  standby: WorkerName.meta({ description: "The one that will take over" }),
  stepId: StepId,
  stepName: z.string(),
  epoch: z.int().meta({ description: "Of the claim that the frozen worker will lose" }),
  freezeSeconds: z.number(),
});
export type PulledPlug = z.infer<typeof PulledPlug>;
