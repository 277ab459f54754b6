import type { WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";
import type { Fleet } from "../presence/fleet.ts";

const EVERY_MS = 1_000;
const LEASES_EVERY_MS = 500;
const LIMIT = 500;
/** Each makes a run: few at a time, so that a sweep stays short. */
const REDRIVES = 25;

/**
 * Twice a second, and more often where leases are short: takes back steps whose lease ran out. Once a second: wakes steps whose
 * timers are due, ends questions that nobody answered, steps that agents hold for too long, and queued steps past their deadline;
 * redrives what batches of dead letters allow; frees what those who were lost have reserved in budgets. Also clears away expired
 * idempotency keys. Many workers share that pace.
 */
export async function sweepLoop(
  options: {
    clock: Clock;
    engine: WorkerEngine;
    metrics: Metrics;
    leaseMs: number;
    fleet: Fleet;
  },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, engine, metrics, leaseMs, fleet } = options;
  const everyMs = Math.min(LEASES_EVERY_MS, leaseMs / 4);
  let restAt = -Infinity;
  let well = true;
  while (!signal.aborted) {
    try {
      const reclaimed = await engine.reclaim(LIMIT);
      metrics.count("nofx_steps_reclaimed_total", {}, reclaimed);
      if (reclaimed > 0) engine.ring();
      if (clock.now() >= restAt) {
        restAt = clock.now() + EVERY_MS - everyMs / 2;
        if ((await sweepRest(engine)) > 0) engine.ring();
      }
      well = true;
    } catch (error) {
      if (well) onError(error);
      well = false;
    }
    await clock.sleep(fleet.pause(everyMs), signal);
  }
}

/** Answers how many steps may have become claimable. */
async function sweepRest(engine: WorkerEngine): Promise<number> {
  const expired = (await engine.expireApprovals(LIMIT)) + (await engine.endOverdue(LIMIT));
  const woken = await engine.wakeTimers(LIMIT);
  const late = await engine.expireDeadlines(LIMIT);
  const redriven = await engine.redriveBatches(REDRIVES);
  await engine.prune(LIMIT);
  await engine.sweepBudgets(LIMIT);
  return expired + woken + late + redriven;
}
