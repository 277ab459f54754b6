import type { ExchangeAnswer, Route } from "@nofx/control/steps";

export type { Route } from "@nofx/control/steps";

/** What a worker may be given at all, by its environment. */
export type Routing = Pick<Route, "queues" | "tenants" | "shard" | "not">;

/**
 * How workers learn what to claim. Whatever it says is a hint: the claim itself, its lease and its fence are Postgres's, so a
 * transport may lose, repeat or delay hints and nothing is lost or done twice.
 *
 * One tick: `route` → `exchange` → `claimed`; when there is nothing to do, `wait`. Several ticks may be under way at once.
 */
export interface Transport {
  readonly driver: "postgres" | "bullmq";
  /** Rings heard so far. Read it before `route`, so that no ring between looking and waiting is missed. */
  readonly rings: number;
  /** Whether hints come as this driver brings them; where not, the worker asks Postgres directly. */
  readonly up: boolean;
  /**
   * What the next exchange needs to claim up to `want` steps; undefined where there is nothing to claim. Never throws. A route
   * that is not used, or whose exchange fails, needs nothing done. `routing` for once instead of the worker's own.
   */
  route(want: number, routing?: Routing): Promise<Route | undefined>;
  /** After the exchange that used `route`, and after one without a claim. */
  claimed(route: Route | undefined, answer: ExchangeAnswer): void;
  /** Until there may be work, `ms` pass or `signal` fires; at once when it rang since `since`. Never throws. */
  wait(options: { since: number; ms: number; signal?: AbortSignal | undefined }): Promise<void>;
  close(): Promise<void>;
}
