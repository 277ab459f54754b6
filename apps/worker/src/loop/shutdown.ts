import type { Clock } from "@nofx/core/seams";
import type { WorkerLoop } from "./worker-loop.ts";

export interface Shutdown {
  /** The first call asks, the second insists. */
  request(): void;
  /** Resolves when a shutdown was asked for and the loop is done with it. */
  readonly finished: Promise<void>;
}

/** What was aborted gets this long to die and to be given back. */
const LAST_WORDS_MS = 7_000;

/**
 * Stage one: claim nothing more, let running steps end within the grace. Stage two, after the grace or at once on a second
 * request: stop them, give them back.
 */
export function createShutdown(
  loop: WorkerLoop,
  { graceMs, clock }: { graceMs: number; clock: Clock },
): Shutdown {
  const { promise: finished, resolve } = Promise.withResolvers<void>();
  let requests = 0;
  const stopNow = () => {
    loop.stopAll("shutdown");
    clock.timer(LAST_WORDS_MS, resolve, { background: true });
  };
  return {
    finished,
    request() {
      requests += 1;
      if (requests === 1) {
        loop.drain();
        void loop.done.then(resolve);
        clock.timer(graceMs, stopNow, { background: true });
      } else if (requests === 2) {
        stopNow();
      }
    },
  };
}
