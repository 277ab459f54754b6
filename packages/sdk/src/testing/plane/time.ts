import { VirtualTime } from "@nofx/core/testing/virtual-time";
import type { Clock } from "../../client/index.ts";

/** How much time: `{ hours: 1, minutes: 30 }`. */
export interface Duration {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  ms?: number;
}

export function toMs({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + ms;
}

/** The time of a test plane, and whether anything has happened lately. */
export class PlaneTime {
  readonly virtual = new VirtualTime();
  readonly #startAt: number;
  #activity = 0;
  #wakers: (() => void)[] = [];

  constructor(startAt: number) {
    this.#startAt = startAt;
  }

  /** Milliseconds since the plane was made. */
  get now(): number {
    return this.virtual.now;
  }

  date(at = this.now): Date {
    return new Date(this.#startAt + at);
  }

  /** The plane's milliseconds of a point in time. */
  at(date: string): number {
    return Date.parse(date) - this.#startAt;
  }

  /** Somebody called or waits: what is quiet a moment later has nothing to do without time. */
  note(): void {
    this.#activity += 1;
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  /** Until nobody has called for two turns of the event loop. */
  async quiet(): Promise<void> {
    for (let still = 0; still < 2; still++) {
      const before = this.#activity;
      await turn();
      if (this.#activity !== before) still = -1;
    }
  }

  /** Until somebody calls, at most so many real milliseconds. False: nobody did. */
  heard(realMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wakers = this.#wakers.filter((one) => one !== wake);
        resolve(false);
      }, realMs);
      const wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
      this.#wakers.push(wake);
    });
  }

  /** The clock of one process, as the SDK takes it: it stands still once the process is dead. */
  clockOf(isDead: () => boolean): Clock {
    return {
      now: () => this.#startAt + this.now,
      sleep: (ms, signal) => {
        this.note();
        if (signal?.aborted === true) return Promise.resolve();
        return new Promise((resolve) => {
          const end = () => {
            cancel();
            signal?.removeEventListener("abort", end);
            if (isDead()) return;
            this.note();
            resolve();
          };
          const cancel = this.virtual.in(ms, end);
          signal?.addEventListener("abort", end, { once: true });
        });
      },
    };
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
