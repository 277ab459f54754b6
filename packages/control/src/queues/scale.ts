import { ScaleQueueInput, type ScaleView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { desiredWorkers } from "@nofx/core/queues";
import { queueStats, type QueueStats } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { operatesPlane } from "../workers/view.ts";

/** How many workers a queue asks for: by the work of the caller's tenant, or of the whole plane. */
export function scaleQueue(
  ctx: MemberContext,
  input: z.input<typeof ScaleQueueInput>,
): Promise<ScaleView> {
  return runQuery(ctx, ScaleQueueInput, input, async (tx, question) => {
    if (question.plane && !(await operatesPlane(ctx, tx))) {
      throw new NofxError("forbidden", {
        detail:
          "The plane's numbers are for the people of a tenant that operates it. Leave `plane` out for your own tenant's.",
      });
    }
    return answerScaler(await queueStats(tx.db, question.plane ? null : ctx.tenantId), question);
  });
}

const EMPTY = {
  ready: 0,
  in_flight: 0,
  oldest_seconds: 0,
  failure_rate: 0,
  paused: false,
  max_running: null,
};
const PLACES_OF_ONE = 4;

/** A queue that nobody has heard of is an empty one: a scaler may ask before the first step is there. */
export function answerScaler(
  stats: QueueStats,
  question: z.output<typeof ScaleQueueInput>,
): ScaleView {
  const found = stats.queues.find((one) => one.queue === question.queue) ?? EMPTY;
  const demand = {
    ready: found.ready,
    inFlight: found.in_flight,
    oldestSeconds: found.oldest_seconds,
    failureRate: found.failure_rate,
    paused: found.paused,
    maxRunning: found.max_running,
  };
  const { min, max, backlogPerPlace, targetSeconds } = question;
  const usual = stats.workers > 0 ? Math.round(stats.places / stats.workers) : PLACES_OF_ONE;
  const perWorker = question.perWorker ?? Math.max(1, usual);
  const scaling = { min, max, backlogPerPlace, targetSeconds, perWorker, current: stats.workers };
  return {
    queue: question.queue,
    desiredWorkers: desiredWorkers(demand, scaling),
    currentWorkers: stats.workers,
    ...demand,
  };
}
