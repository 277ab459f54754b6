import type { Plane } from "@nofx/control/command";
import { probeUnwell } from "@nofx/control/routing";
import type { Metrics } from "../metrics.ts";

export interface ProbePorts {
  readonly plane: Plane;
  readonly worker: string;
  readonly metrics: Metrics;
}

/** Asks providers that fail, where that is allowed, whether they are well again. Runs in the worker that leads; never throws. */
export async function probeLoop(
  { plane, worker, metrics }: ProbePorts,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, routing } = plane;
  while (!signal.aborted) {
    try {
      const { probed, healed } = await probeUnwell(plane, { worker, onError });
      metrics.count("nofx_provider_probes_total", { outcome: "answered" }, healed);
      metrics.count("nofx_provider_probes_total", { outcome: "failed" }, probed - healed);
    } catch (error) {
      onError(error);
    }
    await clock.sleep(routing.options.probeIntervalMs, signal);
  }
}
