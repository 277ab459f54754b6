import { setTimeout as delay } from "node:timers/promises";

/** Asks again and again until the answer is yes. */
export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  { everyMs = 20, withinMs = 120_000 } = {},
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It took more than ${withinMs} ms: ${what}.`);
    await delay(everyMs);
  }
}
