import type { Progress } from "@nofx/core/contract";
import type { CallOptions, Clock } from "../client/index.ts";
import { CancelledError } from "../errors/index.ts";
import { storable } from "../schema/index.ts";
import type { Lease } from "./lease.ts";
import type { StepCalls } from "./step-calls.ts";

/** Progress reaches people this often at most; without any, the lease sets the pace. */
const PROGRESS_MS = 1_000;

/** Renews the lease at a third of its length until stopped, and carries progress. */
export class Heartbeat {
  readonly #calls: StepCalls;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #onRetry: CallOptions["onRetry"];
  readonly #stopped = new AbortController();
  #leaseMs: number;
  #progress: Progress | undefined;
  #wake = new AbortController();

  constructor(
    calls: StepCalls,
    lease: Lease,
    clock: Clock,
    leaseSeconds: number,
    onRetry: CallOptions["onRetry"],
  ) {
    this.#calls = calls;
    this.#lease = lease;
    this.#clock = clock;
    this.#leaseMs = leaseSeconds * 1_000;
    this.#onRetry = onRetry;
    void this.#run();
  }

  progress(percent: number, note?: string): void {
    this.#progress = {
      ...this.#progress,
      percent: Math.min(100, Math.max(0, Number.isFinite(percent) ? percent : 0)),
      ...(note === undefined ? {} : { note: storable(note).slice(0, 500).toWellFormed() }),
    };
    this.#wake.abort();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const ended = AbortSignal.any([this.#stopped.signal, this.#lease.gone]);
    while (!ended.aborted) {
      const interval = this.#leaseMs / 3;
      const pause = Math.min(PROGRESS_MS, interval);
      await this.#clock.sleep(pause, ended);
      if (this.#progress === undefined) {
        await this.#clock.sleep(interval - pause, AbortSignal.any([ended, this.#wake.signal]));
      }
      if (ended.aborted) return;
      await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    const progress = this.#progress;
    this.#progress = undefined;
    this.#wake = new AbortController();
    const sentAt = this.#clock.now();
    const answered = new AbortController();
    const ended = AbortSignal.any([this.#stopped.signal, this.#lease.gone, answered.signal]);
    let last: unknown;
    void this.#clock.sleep(this.#lease.expiresAt - sentAt, ended).then(() => {
      if (!ended.aborted) this.#lease.lose(last);
    });
    try {
      const answer = await this.#calls.call(
        "heartbeat",
        progress === undefined ? {} : { progress },
        {
          signal: AbortSignal.any([this.#stopped.signal, this.#lease.gone]),
          // A try that hangs must leave time for another before the lease ends.
          timeoutMs: Math.max(this.#leaseMs / 3, 100),
          onRetry: (error, waitMs) => {
            last = error;
            this.#onRetry?.(error, waitMs);
          },
        },
      );
      this.#leaseMs = answer.leaseSeconds * 1_000;
      this.#lease.expiresAt = sentAt + this.#leaseMs;
      if (answer.cancelRequested) this.#lease.interrupt(new CancelledError(this.#calls.step.name));
    } catch (error) {
      // The server refuses this agent for good, its key for example: the step is not ours any more.
      if (!this.#stopped.signal.aborted) this.#lease.lose(error);
    } finally {
      answered.abort();
    }
  }
}
