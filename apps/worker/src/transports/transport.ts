import type { ExchangeAnswer } from "@nofx/control/steps";

/** Where the engine claims: `p_route` of `engine.exchange`. */
export interface Route {
  readonly queues?: readonly string[];
  readonly tenants?: readonly string[];
  /** [i, n]: of the tenants the i-th part of n, by hash. */
  readonly shard?: readonly [number, number];
  /** The cursor of the last answer: whose turn it was. */
  readonly after?: string;
  /** Just these steps, those of them that are still claimable. */
  readonly ids?: readonly string[];
}

/** What a worker may be given at all, by its environment. */
export type Routing = Pick<Route, "queues" | "tenants" | "shard">;

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
   * that is not used, or whose exchange fails, needs nothing done.
   */
  route(want: number, routing?: Routing): Promise<Route | undefined>;
  /** After the exchange that used `route`. */
  claimed(route: Route | undefined, answer: ExchangeAnswer): void;
  /** Until there may be work, `ms` pass or `signal` fires; at once when it rang since `since`. Never throws. */
  wait(options: { since: number; ms: number; signal?: AbortSignal | undefined }): Promise<void>;
  close(): Promise<void>;
}
