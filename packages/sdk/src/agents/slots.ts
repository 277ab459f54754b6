/** Running steps, at most `size` at once. */
export class Slots {
  readonly #size: number;
  #running = 0;
  #waiters: (() => void)[] = [];
  /** Called when one gets free, before those who wait for it. */
  onFree: () => void = () => {};

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return this.#size - this.#running;
  }

  get size(): number {
    return this.#size;
  }

  get running(): number {
    return this.#running;
  }

  /** `work` must not reject. */
  start(work: Promise<void>): void {
    this.#running += 1;
    void work.finally(() => {
      this.#running -= 1;
      this.onFree();
      const waiters = this.#waiters;
      this.#waiters = [];
      for (const wake of waiters) wake();
    });
  }

  /** Until one ends, or `signal` fires. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running === 0 || signal?.aborted) return resolve();
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      signal?.addEventListener("abort", wake, { once: true });
      this.#waiters.push(wake);
    });
  }

  async idle(): Promise<void> {
    while (this.#running > 0) await this.next();
  }
}
