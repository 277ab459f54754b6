import type { WorkerBeat, WorkerEngine, WorkerIntroduction } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { FleetCount } from "./fleet.ts";

const EVERY_MS = 2_000;
/** After an error: the worker is not known, or its drain not heard of, for this much longer. */
const AGAIN_MS = 500;

export interface Presence {
  readonly clock: Clock;
  readonly engine: Pick<WorkerEngine, "hello" | "beat" | "bye">;
  readonly who: WorkerIntroduction;
  readonly beat: () => WorkerBeat;
  /** People drained this worker, or took that back. */
  readonly onDrain: (drain: boolean) => void;
  readonly onHello: () => void;
  readonly onCount: (count: FleetCount) => void;
}

/**
 * Says who is there, then every other second what it does; hears whether it is to drain. A drained worker goes on saying so: it
 * waits for people to take it back. Says goodbye at the end.
 */
export async function presenceLoop(
  { clock, engine, who, beat, onDrain, onHello, onCount }: Presence,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  let known = false;
  let well = true;
  while (!signal.aborted) {
    try {
      if (!known) {
        const greeting = await engine.hello(who);
        onCount(greeting);
        onDrain(greeting.drain);
        onHello();
        known = true;
      } else {
        const answer = await engine.beat(beat());
        known = answer.known;
        if (known) onDrain(answer.drain);
        onCount(answer);
      }
      well = true;
    } catch (error) {
      if (well) onError(error);
      well = false;
    }
    await clock.sleep(well && known ? EVERY_MS : AGAIN_MS, signal);
  }
  if (known) await engine.bye(who.pid).catch(onError);
}
