import { emptyModel } from "@nofx/core/model";
import { VirtualTime } from "@nofx/core/testing";
import { Fence } from "./fence.ts";
import { Sink } from "./sink.ts";
import { Trace } from "./trace.ts";

/** What happened how often: a simulation in which no fault ever bit has proved nothing. */
export const COUNTS = [
  "requestsLost",
  "repliesLost",
  "lateCommits",
  "refusedByOutage",
  "ringsLost",
  "killedAtWork",
  "frozenAtWork",
  "stoppedAtWork",
  "skewed",
  "leasesReclaimed",
  "claimsDisowned",
  "settlesRefused",
  "effectsRefused",
  "verbsRefused",
  "exchangesAtOnce",
  "givenBackUnstarted",
] as const;
export type Count = (typeof COUNTS)[number];

/** Where the wall clock of the database stands when a simulation begins. */
const EPOCH = Date.UTC(2026, 0, 1);

/** What all parts of one simulation share: time, the database, the outside, and the book of what went wrong. */
export class World {
  readonly time = new VirtualTime();
  readonly model = emptyModel();
  readonly fence = new Fence((what) => this.blame(what));
  readonly sink = new Sink(this);
  readonly trace = new Trace();
  readonly counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<Count, number>;
  readonly problems: string[] = [];
  /** Claims whose handler began, and came to an end, with the process; and those that the database heard the end of. */
  readonly executing = new Map<string, string>();
  readonly executed = new Map<string, string>();
  readonly spoken = new Set<string>();
  /** Claims of which their worker has not heard. */
  readonly unheard = new Map<
    string,
    {
      readonly stepId: string;
      readonly epoch: number;
      readonly by: string;
      /** When its worker gave up waiting for the answer. */
      missedAt: number;
    }
  >();
  /** Claims that their process has heard to be lost or cancelled. */
  readonly toldToStop = new Set<string>();
  /** Processes that had no time to say how their work ended. */
  readonly goneEarly = new Set<string>();
  /** Called after everything that the database did. */
  check: () => void = () => {};

  get now(): number {
    return this.time.now;
  }

  note(what: string): void {
    this.trace.note(this.now, what);
  }

  count(name: Count, by = 1): void {
    this.counts[name] += by;
  }

  /** Something that must never be. */
  readonly blame = (what: string): void => {
    this.note(`PROBLEM ${what}`);
    this.problems.push(`${(this.now / 1_000).toFixed(3)} s: ${what}`);
  };

  /** The time as the database writes it down. */
  iso(at: number): string {
    return new Date(EPOCH + at).toISOString();
  }

  date(at: number): Date {
    return new Date(EPOCH + at);
  }
}
