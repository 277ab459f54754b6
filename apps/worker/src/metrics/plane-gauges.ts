import type { DemandRecord, EngineStats, QueueStats } from "@nofx/control/steps";
import { toId } from "@nofx/core/vocabulary";
import type { Metrics } from "../metrics.ts";
import { PLANE_GAUGES, type PlaneGaugeName } from "./definitions.ts";

const FRESH_MS = 5_000;
/** Queues are named by people: the fullest are told of, so that their number does not become the cost of a scrape. */
const MOST_QUEUES = 50;
/** The same of capabilities, over all tenants. */
const MOST_CAPABILITIES = 200;

/**
 * Reads the numbers of the plane when /metrics is asked for, at most every five seconds. Where the database does not answer the
 * old ones are gone and `nofx_database_up` is 0: no number is better than a stale one.
 */
export function planeGauges(options: {
  metrics: Metrics;
  stats: () => Promise<EngineStats>;
  queues: () => Promise<QueueStats>;
  demand: () => Promise<DemandRecord[]>;
  monotonicMs: () => number;
}): () => Promise<void> {
  const { metrics, stats, queues, demand, monotonicMs } = options;
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const [answer, byQueue, byCapability] = await Promise.all([
      stats().catch(() => undefined),
      queues().catch(() => undefined),
      demand().catch(() => undefined),
    ]);
    for (const name of Object.keys(PLANE_GAUGES) as PlaneGaugeName[]) metrics.reset(name);
    metrics.set("nofx_database_up", answer === undefined ? 0 : 1);
    if (answer === undefined) return;
    show(metrics, answer);
    if (byQueue !== undefined) showQueues(metrics, byQueue);
    if (byCapability !== undefined) showDemand(metrics, byCapability);
    readAt = monotonicMs();
  };
  return async () => {
    if (monotonicMs() - readAt < FRESH_MS) return;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
  };
}

function show(metrics: Metrics, stats: EngineStats): void {
  for (const { executor, depth, oldest_seconds } of stats.queue) {
    metrics.set("nofx_plane_queue_depth", depth, { executor });
    metrics.set("nofx_plane_queue_oldest_seconds", oldest_seconds, { executor });
  }
  for (const [hold, count] of Object.entries(stats.holds)) {
    metrics.set("nofx_plane_steps_held", count, { hold });
  }
  for (const [status, count] of Object.entries(stats.workers)) {
    metrics.set("nofx_plane_workers", count, { status });
  }
  for (const { stage, reason, count } of stats.dead_letters) {
    metrics.set("nofx_plane_dead_letters", count, { stage, reason });
  }
  metrics.set("nofx_plane_steps_in_flight", stats.in_flight);
  metrics.set("nofx_plane_events_unsealed", stats.seal.unsealed);
  metrics.set("nofx_plane_seal_lag_seconds", stats.seal.lag_seconds);
  metrics.set("nofx_plane_webhook_events_behind", stats.webhooks.behind);
  metrics.set("nofx_plane_webhooks_failing", stats.webhooks.failing);
}

function showQueues(metrics: Metrics, { queues }: QueueStats): void {
  const fullest = queues.toSorted((a, b) => b.ready + b.in_flight - a.ready - a.in_flight);
  for (const one of fullest.slice(0, MOST_QUEUES)) {
    const { queue } = one;
    metrics.set("nofx_plane_queue_ready", one.ready, { queue });
    metrics.set("nofx_plane_queue_age_seconds", one.oldest_seconds, { queue });
    metrics.set("nofx_plane_queue_in_flight", one.in_flight, { queue });
    metrics.set("nofx_plane_queue_failure_rate", one.failure_rate, { queue });
  }
}

function showDemand(metrics: Metrics, demand: readonly DemandRecord[]): void {
  const fullest = demand.toSorted((a, b) => b.ready + b.in_flight - a.ready - a.in_flight);
  for (const one of fullest.slice(0, MOST_CAPABILITIES)) {
    const labels = { tenant: toId("tenant", one.tenant_id), capability: one.capability };
    metrics.set("nofx_plane_capability_ready", one.ready, labels);
    metrics.set("nofx_plane_capability_age_seconds", one.oldest_seconds, labels);
    metrics.set("nofx_plane_capability_in_flight", one.in_flight, labels);
    metrics.set("nofx_plane_capability_slots", one.slots, labels);
    metrics.set("nofx_plane_capability_runners", one.runners, labels);
  }
}
