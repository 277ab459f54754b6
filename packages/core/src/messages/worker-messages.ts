import { z } from "zod";
import { Uuid, defineMessage } from "./define-message.ts";

const count = z.int().min(0);
const worker = { worker: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/) };
const version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/);
const handler = z.string().regex(/^[a-z]+@[0-9]+$/);

/** What happens to the plane's workers. Tenants that operate the plane hear of all; a freeze is its run's as well. */
export const WORKER_MESSAGES = {
  "worker.started": defineMessage("worker.started", "A worker takes up work", {
    ...worker,
    version: version.nullish(),
    handlers: z.array(handler).nullish(),
    concurrency: count.nullish(),
  }),
  "worker.draining": defineMessage(
    "worker.draining",
    "A worker claims nothing more and ends what it holds",
    { ...worker, in_flight: count.nullish() },
  ),
  "worker.stopped": defineMessage("worker.stopped", "A worker ended as it was told to", worker),
  "worker.frozen": defineMessage(
    "worker.frozen",
    "Somebody froze a worker of the local stack to see its lease move on",
    { ...worker, step_id: Uuid, run_id: Uuid, epoch: count, seconds: count },
  ),
} as const;
