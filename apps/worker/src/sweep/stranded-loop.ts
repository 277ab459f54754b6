import { setTimeout as delay } from "node:timers/promises";
import type { WorkerEngine } from "@nofx/control/steps";
import type { Metrics } from "../metrics.ts";

const SELDOM_MS = 30_000;
const LIMIT = 500;

/**
 * Now and then, because it may read a whole backlog: fails steps that no worker has had code for, for `seconds`, and clears
 * away old heartbeats.
 */
export async function strandedLoop(
  options: { engine: WorkerEngine; metrics: Metrics; seconds: number },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { engine, metrics, seconds } = options;
  const everyMs = Math.min(SELDOM_MS, seconds * 250);
  let well = true;
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => {});
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
