import { improve, type ScheduleState } from "./state.ts";

/** How long one call of `improve` may take, so that the clock is asked often enough. */
const SLICE_MS = 5;

/**
 * Improves until `deadline` by the caller's clock, in milliseconds, or until the optimum is proven. What would likely end
 * after the deadline is not begun, except for the first iteration.
 */
export function improveUntil(
  state: ScheduleState,
  deadline: number,
  now: () => number,
  step: typeof improve = improve,
): ScheduleState {
  let current = state;
  let time = now();
  for (let count = 1; count >= 1 && time < deadline && !current.optimal;) {
    current = step(current, count);
    const later = now();
    const each = Math.max((later - time) / count, 1e-3);
    time = later;
    const left = deadline - time;
    count = Math.floor(Math.min(2 * count, Math.max(1, SLICE_MS / each), left / each));
  }
  return current;
}
