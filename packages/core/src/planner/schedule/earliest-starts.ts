import { at } from "../digraph.ts";
import type { Direction } from "./serial-schedule.ts";

/** When each task can start as far as precedence goes. `order` has each task behind those that it waits for. */
export function earliestStarts({ duration, before }: Direction, order: Int32Array): Int32Array {
  const { start: first, task: tasks, lag: lags } = before;
  const starts = new Int32Array(order.length);
  for (const task of order) {
    let from = 0;
    for (let arc = at(first, task); arc < at(first, task + 1); arc++) {
      const other = at(tasks, arc);
      from = Math.max(from, at(starts, other) + at(duration, other) + at(lags, arc));
    }
    starts[task] = from;
  }
  return starts;
}
