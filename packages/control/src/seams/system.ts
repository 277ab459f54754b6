import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Seams } from "@nofx/core/seams";
import { v7 as uuid7 } from "uuid";

const clock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  timer(ms, work, { background = false } = {}) {
    const timer = setTimeout(work, ms);
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (work) => void setImmediate(work),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }).catch(ended),
};

function ended(): void {
  // the signal fired: whoever sleeps looks at it
}

/** The machine's own clock, randomness and ids: the one place that the engine takes them from. */
export const system: Seams = { clock, random: Math.random, newUuid: () => uuid7() };
