import type { ClaimedStepRow, HeldStep } from "@nofx/control/steps";
import type { Due } from "./timeline.ts";

/** Why a handler was told to stop. */
export type StopReason = "lease_lost" | "cancelled" | "shutdown";

/** A claim in this worker's hands. What few steps need, signals above all, is made when it is asked for. */
export class RunningStep {
  readonly step: ClaimedStepRow;
  readonly held: HeldStep;
  /** When the request was sent that got the claim or renewed it last, by a clock that nobody sets. */
  sentAt: number;
  /** Whether it has a slot. */
  isStarted = false;
  /** An older attempt of the same step in this process, while it is still dying. */
  earlier: RunningStep | undefined;
  /** When the worker stops believing in the lease. */
  leaseDue: Due<RunningStep> | undefined;
  /** When it is to be renewed; before it has a slot: given back. */
  nextDue: Due<RunningStep> | undefined;
  #reason: StopReason | undefined;
  #stop: AbortController | undefined;
  #lost: AbortController | undefined;
  #hasEnded = false;
  #ended: PromiseWithResolvers<void> | undefined;

  constructor(step: ClaimedStepRow, sentAt: number) {
    this.step = step;
    this.held = { stepId: step.id, epoch: step.epoch };
    this.sentAt = sentAt;
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Whether the lease is gone, as far as the worker knows. */
  get isLost(): boolean {
    return this.#reason === "lease_lost";
  }

  /** Fires for whatever reason the handler must stop. */
  get signal(): AbortSignal {
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      if (this.#reason !== undefined) this.#stop.abort(new Error(this.#reason));
    }
    return this.#stop.signal;
  }

  /** Fires only when the lease is gone. */
  get lost(): AbortSignal {
    if (this.#lost === undefined) {
      this.#lost = new AbortController();
      if (this.isLost) this.#lost.abort(new Error("lease_lost"));
    }
    return this.#lost.signal;
  }

  /** Resolves when nothing of it goes on any more. */
  get ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers();
    if (this.#hasEnded) this.#ended.resolve();
    return this.#ended.promise;
  }

  stop(reason: StopReason): void {
    // losing the lease outranks: then nothing may be settled
    if (this.#reason === undefined || reason === "lease_lost") this.#reason = reason;
    if (reason === "lease_lost") this.#lost?.abort(new Error(reason));
    this.#stop?.abort(new Error(reason));
  }

  end(): void {
    this.#hasEnded = true;
    this.#ended?.resolve();
  }
}
