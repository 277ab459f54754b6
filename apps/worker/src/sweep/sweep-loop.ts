import type { WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";

const EVERY_MS = 1_000;
const LIMIT = 500;
/** Each makes a run: few at a time, so that a sweep stays short. */
const REDRIVES = 25;

/**
 * Once a second: takes back steps whose lease ran out, wakes steps whose timers are due, ends questions that nobody
 * answered, steps that agents hold for too long, and queued steps past their deadline; redrives what batches of dead letters
 * allow. Also clears away expired idempotency keys.
 */
export async function sweepLoop(
  { clock, engine, metrics }: { clock: Clock; engine: WorkerEngine; metrics: Metrics },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  let well = true;
  while (!signal.aborted) {
    try {
      const reclaimed = await engine.reclaim(LIMIT);
      const expired = (await engine.expireApprovals(LIMIT)) + (await engine.endOverdue(LIMIT));
      const woken = await engine.wakeTimers(LIMIT);
      const late = await engine.expireDeadlines(LIMIT);
      const redriven = await engine.redriveBatches(REDRIVES);
      await engine.prune(LIMIT);
      metrics.count("nofx_steps_reclaimed_total", {}, reclaimed);
      if (reclaimed + expired + woken + late + redriven > 0) engine.ring();
      well = true;
    } catch (error) {
      if (well) onError(error);
      well = false;
    }
    await clock.sleep(EVERY_MS, signal);
  }
}
