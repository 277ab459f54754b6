import type { MessageKeeper, PurgedFiles } from "@nofx/control/redaction";
import type { Clock } from "@nofx/core/seams";
import type { Fleet } from "../presence/fleet.ts";

const IDLE_MS = 1_000;
const MOST_MS = 30_000;

/**
 * Looks for copies of what was redacted and takes them away, within the time that the plane allows. Any number of workers run this:
 * each takes what no other holds, and many share one pace. After an error it waits longer and longer.
 */
export async function redactionLoop(
  options: {
    clock: Clock;
    fleet: Pick<Fleet, "pause">;
    keeper: MessageKeeper;
    files: PurgedFiles;
    /** Of the plane, as far as this worker was told. */
    policy: Readonly<Record<string, number>>;
  },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, fleet, keeper, files, policy } = options;
  let told = Object.keys(policy).length === 0;
  let pause = IDLE_MS;
  while (!signal.aborted) {
    try {
      if (!told) await keeper.setPolicy(policy);
      told = true;
      const looked = await keeper.purge(files);
      pause = looked > 0 ? 0 : IDLE_MS;
    } catch (error) {
      onError(error);
      pause = Math.min(MOST_MS, Math.max(IDLE_MS, pause) * 2);
    }
    await clock.sleep(fleet.pause(pause), signal);
  }
}
