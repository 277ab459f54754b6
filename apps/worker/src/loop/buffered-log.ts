import { MAX_LINE, type StepLogLine, type WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { StepLog } from "../catalog/handler.ts";
import { persist } from "./persist.ts";
import type { RunningStep } from "./running-step.ts";

const FLUSH_MS = 250;
const BATCH = 500;

/** Lines wait at most a quarter of a second and leave in batches, in order; a batch that is sent twice is stored once. */
export class BufferedLog implements StepLog {
  readonly #clock: Clock;
  readonly #engine: Pick<WorkerEngine, "appendLogs">;
  readonly #running: RunningStep;
  readonly #onError: (error: unknown) => void;
  #waiting: StepLogLine[] = [];
  #seq = 0;
  #cancelTimer: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: {
    clock: Clock;
    engine: Pick<WorkerEngine, "appendLogs">;
    /** Once its lease is gone nothing can be stored any more. */
    running: RunningStep;
    /** Told once when lines cannot be stored, by the fence for example. */
    onError: (error: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#engine = options.engine;
    this.#running = options.running;
    this.#onError = options.onError;
  }

  write(stream: "stdout" | "stderr" | "system", text: string): void {
    const at = this.#clock.date().toISOString();
    this.#waiting.push({
      seq: this.#seq++,
      at,
      stream,
      text: text.slice(0, MAX_LINE).toWellFormed(),
    });
    this.#cancelTimer ??= this.#clock.timer(FLUSH_MS, () => void this.flush());
  }

  /** Everything written so far is stored when this resolves, or the lease is lost. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  async #send(): Promise<void> {
    const running = this.#running;
    while (this.#waiting.length > 0 && !running.isLost) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        await persist({ clock: this.#clock, signal: running.lost }, () =>
          this.#engine.appendLogs(running.held, batch),
        );
      } catch (error) {
        this.#onError(error);
      }
      this.#waiting.splice(0, batch.length);
    }
  }
}
