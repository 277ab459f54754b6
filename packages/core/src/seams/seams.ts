/**
 * Time as the engine's processes get it. Everything that waits or measures takes it from here and from nowhere else, so a
 * simulation can be the clock. What the database decides (leases, schedules) is decided by the database's clock alone.
 */
export interface Clock {
  /** Milliseconds on a clock that nobody sets: for how long something takes. */
  now(): number;
  /** The time of day as this machine has it: for showing, never for deciding. */
  date(): Date;
  /** Calls `work` once, in `ms`. What it answers takes that back. */
  timer(ms: number, work: () => void, options?: TimerOptions): () => void;
  /** Calls `work` once everything that is ready now has gone on: no time passes. */
  soon(work: () => void): void;
  /** Resolves when `ms` have passed or `signal` fires. Never throws. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface TimerOptions {
  /** A process with nothing else to do need not wait for it. */
  readonly background?: boolean;
}

/** A number in [0, 1). */
export type Random = () => number;

/** What a process takes from the machine beside its input. */
export interface Seams {
  readonly clock: Clock;
  readonly random: Random;
  /** uuid v7: ids made later sort later, which lists rely on. */
  readonly newUuid: () => string;
}
