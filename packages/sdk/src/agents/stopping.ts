import type { Clock } from "../client/index.ts";
import { ShutdownError } from "../errors/index.ts";

export interface StoppingOptions {
  clock: Clock;
  /** How long running steps may go on by themselves. */
  drainMs: number;
  /** How long handlers then have to react to their signal. */
  abortMs: number;
}

/**
 * Shutdown in three stages, each a signal.
 *
 * ## draining
 * Entered by `begin()`. Nothing more is claimed; running steps go on.
 *
 * ## shutdown
 * Entered `drainMs` later, or by a second `begin()`. The signal of every handler fires.
 *
 * ## abandon
 * Entered `abortMs` later. Steps whose handlers have not ended are given back.
 */
export class Stopping {
  readonly #options: StoppingOptions;
  readonly #draining = new AbortController();
  readonly #shutdown = new AbortController();
  readonly #abandon = new AbortController();
  readonly #finished = new AbortController();
  readonly #hurry = new AbortController();

  constructor(options: StoppingOptions) {
    this.#options = options;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get shutdown(): AbortSignal {
    return this.#shutdown.signal;
  }

  get abandon(): AbortSignal {
    return this.#abandon.signal;
  }

  begin(): void {
    if (this.#draining.signal.aborted) this.#hurry.abort();
    else void this.#run();
  }

  /** Everything has ended: the stages that remain are not entered. */
  finish(): void {
    this.#finished.abort();
  }

  async #run(): Promise<void> {
    const { clock, drainMs, abortMs } = this.#options;
    const finished = this.#finished.signal;
    const reason = new ShutdownError();
    this.#draining.abort(reason);
    await clock.sleep(drainMs, AbortSignal.any([finished, this.#hurry.signal]));
    if (finished.aborted) return;
    this.#shutdown.abort(reason);
    await clock.sleep(abortMs, finished);
    if (!finished.aborted) this.#abandon.abort(reason);
  }
}
