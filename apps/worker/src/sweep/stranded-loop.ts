import type { WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";

const SELDOM_MS = 30_000;
const LIMIT = 500;

/**
 * Now and then, because it may read a whole backlog: fails steps that no worker has had code for, for `seconds`, and clears
 * away old heartbeats.
 */
export async function strandedLoop(
  options: { clock: Clock; engine: WorkerEngine; metrics: Metrics; seconds: number },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, engine, metrics, seconds } = options;
  const everyMs = Math.min(SELDOM_MS, seconds * 250);
  let well = true;
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      const stranded = await engine.endStranded(seconds, LIMIT);
      metrics.count("nofx_steps_stranded_total", {}, stranded);
      await engine.pruneWorkers(LIMIT);
      // a compensation may have become claimable
      if (stranded > 0) engine.ring();
      well = true;
    } catch (error) {
      if (well) onError(error);
      well = false;
    }
  }
}
