import { z } from "zod";

/**
 * The breaker of one agent.
 *
 * Closed: the agent is given steps. Opens when, of its newest attempts, `failing` or more have failed, `atLeast` being there.
 * Open: the agent is given nothing until `until`. What it still held when it opened changes nothing.
 * Half-open: from `until` on it is given one step at a time. One that succeeds closes the breaker; one that fails opens it
 * again for twice as long, up to a bound.
 *
 * Half-open is open with `until` behind: no event leads there, only time.
 */
export const AgentBreaker = z.object({
  /** The newest attempts since it was closed, oldest first: s and f. */
  recent: z
    .string()
    .regex(/^[sf]*$/)
    .default(""),
  open: z.boolean().default(false),
  /** In milliseconds. */
  until: z.number().nullable().default(null),
  /** How often it opened without a whole window between: the time doubles with each. */
  trips: z.int().min(0).default(0),
});
export type AgentBreaker = z.infer<typeof AgentBreaker>;

export const CLOSED: AgentBreaker = { recent: "", open: false, until: null, trips: 0 };

export interface BreakerOptions {
  readonly window: number;
  readonly atLeast: number;
  readonly failing: number;
  readonly coolOffMs: number;
  readonly mostMs: number;
}

export const AGENT_BREAKER: BreakerOptions = {
  window: 20,
  atLeast: 5,
  failing: 0.6,
  coolOffMs: 60_000,
  mostMs: 3_600_000,
};

export interface Outcome {
  readonly succeeded: boolean;
  readonly claimedAt: number;
  readonly at: number;
}

/** The breaker after one more attempt has ended. */
export function afterOutcome(
  breaker: AgentBreaker,
  outcome: Outcome,
  options: BreakerOptions = AGENT_BREAKER,
): AgentBreaker {
  if (breaker.open) return afterTrial(breaker, outcome, options);
  const recent = (breaker.recent + (outcome.succeeded ? "s" : "f")).slice(-options.window);
  const failures = recent.replaceAll("s", "").length;
  if (recent.length >= options.atLeast && failures >= recent.length * options.failing) {
    return opened(breaker.trips, outcome.at, options);
  }
  const calm = recent.length === options.window;
  return { recent, open: false, until: null, trips: calm ? 0 : breaker.trips };
}

function afterTrial(
  breaker: AgentBreaker,
  { succeeded, claimedAt, at }: Outcome,
  options: BreakerOptions,
): AgentBreaker {
  if (breaker.until === null || claimedAt < breaker.until) return breaker;
  if (!succeeded) return opened(breaker.trips, at, options);
  return { recent: "", open: false, until: null, trips: breaker.trips };
}

function opened(trips: number, at: number, { coolOffMs, mostMs }: BreakerOptions): AgentBreaker {
  const wait = Math.min(mostMs, coolOffMs * 2 ** Math.min(trips, 30));
  return { recent: "", open: true, until: at + wait, trips: trips + 1 };
}
