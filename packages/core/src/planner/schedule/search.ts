/** A schedule: when each task starts, and how long it takes until all have ended. */
export interface Found {
  readonly starts: Int32Array;
  readonly makespan: number;
}

/** A search that goes on for as long as its caller likes. */
export interface Search {
  /** The shortest schedule so far. It is never changed, only replaced. */
  readonly best: Found;
  step(): void;
  /** What is done to the copy leaves this one as it is. */
  clone(): Search;
}
