import { LeaseLostError, type CancelledError, type ShutdownError } from "../errors/index.ts";

/** Thrown through the handler when the step waits: it goes on when what it waits for is there. */
export class Suspension extends Error {
  constructor(what: string) {
    super(`The step waits for ${what}. This is not a failure: do not catch it.`);
    this.name = "Suspension";
  }
}

type End =
  | { kind: "suspended"; reason: Suspension; what: string }
  | { kind: "lost"; reason: LeaseLostError }
  | { kind: "settled"; reason: LeaseLostError };

/**
 * The right to execute one step, seen from this process.
 *
 * ## held
 * Entered at the claim; renewed by heartbeats. `signal` may fire while it is held (cancel, shutdown): the handler is
 * asked to stop, and what it finishes still counts.
 *
 * ## suspended
 * Entered when what the step waits for is not there yet: the server has ended the lease. The handler is unwound and nothing is settled.
 *
 * ## lost
 * Entered when the server refuses the epoch, or when no heartbeat got through for as long as the lease lasts. The
 * handler is asked to stop and its result is dropped: another process may be executing the step.
 *
 * ## settled
 * Entered when the result has been sent, or the step given back. A handler still running can do nothing more.
 */
export class Lease {
  readonly #stepName: string;
  readonly #work = new AbortController();
  readonly #gone = new AbortController();
  #end: End | undefined;
  /** On this process's clock. */
  expiresAt: number;

  constructor(stepName: string, expiresAt: number) {
    this.#stepName = stepName;
    this.expiresAt = expiresAt;
  }

  /** Fires when the handler should stop, for whatever reason. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Fires when the lease is no longer held: calls on the step have no purpose any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get end(): End["kind"] | undefined {
    return this.#end?.kind;
  }

  /** What it was suspended for. */
  get waitsFor(): string | undefined {
    return this.#end?.kind === "suspended" ? this.#end.what : undefined;
  }

  /** Asks the handler to stop; the lease is still held. */
  interrupt(reason: CancelledError | ShutdownError): void {
    this.#work.abort(reason);
  }

  suspend(what: string): Suspension {
    const reason = new Suspension(what);
    this.#finish({ kind: "suspended", reason, what });
    return reason;
  }

  lose(cause?: unknown): LeaseLostError {
    const reason = new LeaseLostError(this.#stepName, cause === undefined ? {} : { cause });
    this.#finish({ kind: "lost", reason });
    return reason;
  }

  settle(): void {
    this.#finish({ kind: "settled", reason: new LeaseLostError(this.#stepName) });
  }

  /** Throws unless the lease is held. */
  assertHeld(): void {
    if (this.#end) throw this.#end.reason;
  }

  #finish(end: End): void {
    if (this.#end) return;
    this.#end = end;
    this.#work.abort(end.reason);
    this.#gone.abort(end.reason);
  }
}
