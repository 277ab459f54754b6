import { HEALTH_OPTIONS, type HealthOptions, type HealthWindow } from "./health-window.ts";
import { viewOf } from "./view-of.ts";

/** The window with a trial under way; undefined where none may be made now, since it is not half-open or another has begun. */
export function beginTrial(
  window: HealthWindow,
  now: number,
  options: HealthOptions = HEALTH_OPTIONS,
): HealthWindow | undefined {
  if (viewOf(window, now, options).state !== "half_open") return undefined;
  const breaker = { ...window.breaker, trialUntil: now + options.probeIntervalMs };
  return { ...window, breaker };
}
