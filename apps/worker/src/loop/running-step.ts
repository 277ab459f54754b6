import type { ClaimedStepRow, HeldStep } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";

/** Why a handler was told to stop. */
export type StopReason = "lease_lost" | "cancelled" | "shutdown";

/** A step that takes longer than this is worth a write of its own that marks it running: its first renewal. */
const SHOW_RUNNING_MS = 500;

/**
 * A claim in execution, and how long this worker may believe in it: until the request that got or renewed it was sent,
 * plus the lease, less a margin, on a clock that nobody sets. After that it stops, whatever the database would say.
 */
export class RunningStep {
  readonly step: ClaimedStepRow;
  readonly held: HeldStep;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #renewAt: number;
  #unwatch: () => void;
  #reason: StopReason | undefined;
  readonly ended: Promise<void>;
  #end: () => void;

  constructor(step: ClaimedStepRow, leaseMs: number, sentAt: number, clock: Clock) {
    this.step = step;
    this.#clock = clock;
    this.held = { stepId: step.id, epoch: step.epoch };
    this.#leaseMs = leaseMs;
    this.#renewAt = sentAt + Math.min(SHOW_RUNNING_MS, leaseMs / 3);
    this.#unwatch = this.#watch(sentAt);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Fires for whatever reason the handler must stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Fires only when the lease is gone. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get renewAt(): number {
    return this.#reason === "lease_lost" ? Infinity : this.#renewAt;
  }

  renewed(sentAt: number): void {
    this.#renewAt = sentAt + this.#leaseMs / 3;
    this.#unwatch();
    this.#unwatch = this.#watch(sentAt);
  }

  stop(reason: StopReason): void {
    if (reason === "lease_lost") this.#lost.abort(new Error(reason));
    // losing the lease outranks: then nothing may be settled
    if (this.#reason === undefined || reason === "lease_lost") this.#reason = reason;
    this.#stop.abort(new Error(reason));
  }

  end(): void {
    this.#unwatch();
    this.#end();
  }

  #watch(sentAt: number): () => void {
    const margin = Math.min(5_000, this.#leaseMs / 6);
    const left = sentAt + this.#leaseMs - margin - this.#clock.now();
    return this.#clock.timer(Math.max(0, left), () => this.stop("lease_lost"));
  }
}
