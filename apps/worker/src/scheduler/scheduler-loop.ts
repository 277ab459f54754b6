import { withLeadership, type Leadership } from "@nofx/control/leadership";
import { fireDue } from "@nofx/control/schedules";
import type { WorkerEngine } from "@nofx/control/steps";
import type { Seams } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";

const POLL_MS = 1_000;
const PRUNE_EVERY_MS = 60_000;
const PRUNE = 5_000;

export interface SchedulerPorts {
  readonly connectionString: string;
  readonly engine: Pick<WorkerEngine, "worker" | "schedules" | "ring">;
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly metrics: Metrics;
  /** What else is done by the one that leads, for as long as it does. Never throws. */
  readonly beside?: (signal: AbortSignal) => Promise<void>;
}

/** Begins what is due by the clock, in whichever worker leads. What is due is up to the database's clock. */
export function schedulerLoop(
  ports: SchedulerPorts,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { connectionString, engine, seams } = ports;
  return withLeadership(
    { ...seams, connectionString, role: "scheduler", holder: engine.worker, signal, onError },
    async (leadership) => {
      const beside = ports.beside?.(leadership.signal);
      await lead(ports, leadership, onError);
      await beside;
    },
  );
}

async function lead(
  { engine, seams: { clock }, metrics }: SchedulerPorts,
  { term, signal }: Leadership,
  onError: (error: unknown) => void,
): Promise<void> {
  let pruneAt = clock.now();
  while (!signal.aborted) {
    const pass = await fireDue(engine.schedules, term, { onError, signal });
    if (pass.for_workers + pass.for_agents > 0) engine.ring();
    for (const { outcome } of pass.firings)
      metrics.count("nofx_schedule_firings_total", { outcome });
    if (clock.now() >= pruneAt) {
      pruneAt = clock.now() + PRUNE_EVERY_MS;
      await engine.schedules.prune(PRUNE);
    }
    await clock.sleep(Math.min(POLL_MS, pass.nextInMs ?? POLL_MS), signal);
  }
}
