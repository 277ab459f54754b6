import { NofxError } from "@nofx/core/errors";
import type { Clock } from "@nofx/core/seams";

const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/** Tries again for as long as the other side is unavailable and nobody says stop. Any other error is the caller's. */
export async function persist<T>(
  /** Its signal is looked at only when something failed: for many it is made then. */
  by: { readonly clock: Clock; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  for (let pause = FIRST_MS; ; pause = Math.min(LONGEST_MS, pause * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!NofxError.is(error) || error.code !== "unavailable" || by.signal.aborted) throw error;
      await by.clock.sleep(pause, by.signal);
    }
  }
}
