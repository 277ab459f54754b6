import type { Clock } from "./seams.ts";

export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the timer, for work that ended in time. */
  cancel(): void;
}

/** A signal that fires in `ms`, by the given clock. */
export function abortAfter(clock: Clock, ms: number): Deadline {
  const controller = new AbortController();
  const cancel = clock.timer(
    ms,
    () => controller.abort(new DOMException(`${ms} ms have passed.`, "TimeoutError")),
    { background: true },
  );
  return { signal: controller.signal, cancel };
}
