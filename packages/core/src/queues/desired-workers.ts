/** What is known of a queue, and how far a scaler may go. */
export interface Demand {
  /** Claimable steps. */
  readonly ready: number;
  readonly oldestSeconds: number;
  readonly inFlight: number;
  /** Of the claims that ended lately, the part that failed: 0 to 1. */
  readonly failureRate: number;
  /** Claims nothing: what is ready does not ask for workers. */
  readonly paused: boolean;
  /** No more than so many run at once, whatever the number of workers. */
  readonly maxRunning: number | null;
}

export interface Scaling {
  /** Workers that claim now. */
  readonly current: number;
  /** Steps that one worker runs at a time. */
  readonly perWorker: number;
  readonly min: number;
  readonly max: number;
  /** How many ready steps may wait for each place before another worker is worth it. */
  readonly backlogPerPlace: number;
  /** How old the oldest ready step may get; above it, what is ready counts for more, four times at most. */
  readonly targetSeconds: number;
}

/** From here on most of what is tried fails: more workers would only fail faster. */
export const FAILING = 0.5;
const MOST_HURRY = 4;

/**
 * How many workers a queue asks for:
 *
 *   hurry  = clamp(oldestSeconds / targetSeconds, 1, 4)
 *   places = min(inFlight + ready x hurry / backlogPerPlace, maxRunning)
 *   wanted = ceil(places / perWorker)
 *
 * never more than `current` while half of what ends fails, and never outside `min` to `max`. More that waits never asks for
 * fewer workers.
 */
export function desiredWorkers(demand: Demand, scaling: Scaling): number {
  const { min, max, current } = scaling;
  const hurry = clamp(demand.oldestSeconds / scaling.targetSeconds, 1, MOST_HURRY);
  const waiting = demand.paused ? 0 : (demand.ready * hurry) / scaling.backlogPerPlace;
  const places = Math.min(
    demand.inFlight + waiting,
    Math.max(demand.maxRunning ?? Infinity, demand.inFlight),
  );
  const wanted = Math.ceil(places / scaling.perWorker);
  const calm = demand.failureRate >= FAILING ? Math.min(wanted, current) : wanted;
  return clamp(calm, min, Math.max(min, max));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
