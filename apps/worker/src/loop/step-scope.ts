import { abortAfter, type Clock, type Deadline } from "@nofx/core/seams";
import type { ClaimedStepRow, HeldStep, WorkerEngine } from "@nofx/control/steps";
import type { StepLog, StepRun } from "../catalog/handler.ts";
import { BufferedLog } from "./buffered-log.ts";
import type { RunningStep } from "./running-step.ts";

/** One claim as its handler sees it. Log, signal and timer are made when the handler asks for them: short steps do not. */
export class StepScope implements StepRun {
  readonly step: ClaimedStepRow;
  readonly held: HeldStep;
  readonly clock: Clock;
  readonly #running: RunningStep;
  readonly #engine: Pick<WorkerEngine, "appendLogs">;
  readonly #onRefused: (error: unknown) => void;
  readonly #startedAt: number;
  #timeoutMs = Infinity;
  #log: BufferedLog | undefined;
  #deadline: Deadline | undefined;
  #signal: AbortSignal | undefined;

  constructor(
    running: RunningStep,
    ports: {
      readonly clock: Clock;
      readonly engine: Pick<WorkerEngine, "appendLogs">;
      /** Told when lines cannot be stored. */
      readonly onRefused: (error: unknown) => void;
    },
  ) {
    this.step = running.step;
    this.held = running.held;
    this.clock = ports.clock;
    this.#running = running;
    this.#engine = ports.engine;
    this.#onRefused = ports.onRefused;
    this.#startedAt = ports.clock.now();
  }

  get log(): StepLog {
    this.#log ??= new BufferedLog({
      clock: this.clock,
      engine: this.#engine,
      running: this.#running,
      onError: this.#onRefused,
    });
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const left = this.#startedAt + this.#timeoutMs - this.clock.now();
      this.#deadline = abortAfter(this.clock, Math.max(0, left));
      this.#signal = AbortSignal.any([this.#running.signal, this.#deadline.signal]);
    }
    return this.#signal;
  }

  /** From now on it may take so long, counted from its start. */
  limit(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
  }

  /** Its time is over, and nothing else had stopped it. */
  get isLate(): boolean {
    if (this.#running.reason !== undefined) return false;
    if (this.#deadline !== undefined) return this.#deadline.signal.aborted;
    return this.clock.now() - this.#startedAt >= this.#timeoutMs;
  }

  /** The handler is done: its time runs no longer. */
  close(): void {
    this.#deadline?.cancel();
  }

  get hasLog(): boolean {
    return this.#log !== undefined;
  }

  /** All that was written is stored, or the lease is lost. */
  async flush(): Promise<void> {
    await this.#log?.flush();
  }
}
