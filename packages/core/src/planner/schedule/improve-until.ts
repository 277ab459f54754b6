import { improve, type ScheduleState } from "./state.ts";

/** How long one call of `improve` may take: a budget is kept to within as much. */
const SLICE_MS = 5;

/** Improves until `deadline` by the caller's clock, or the optimum is proven. Never begins what would likely end later. */
export function improveUntil(
  state: ScheduleState,
  deadline: number,
  now: () => number,
): ScheduleState {
  let current = state;
  let count = 1;
  for (let time = now(); time < deadline && !current.optimal;) {
    const next = improve(current, count);
    const later = now();
    const each = Math.max(1e-3, (later - time) / count);
    current = next;
    time = later;
    count = Math.floor(Math.min(2 * count, SLICE_MS / each, (deadline - time) / each));
    if (count < 1) {
      if (time + each > deadline) break;
      count = 1;
    }
  }
  return current;
}
