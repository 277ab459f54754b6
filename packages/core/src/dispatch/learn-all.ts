import { learn, type StrategyOutcome } from "./learn.ts";
import { Level, NO_LEVEL } from "./statistics.ts";

/** An outcome, with the levels that learn from it. */
export interface PlacedOutcome extends StrategyOutcome {
  readonly capability: string;
  readonly segment: string;
}

/** Levels by their keys: `*` for the tenant, a capability, a segment. */
export type Levels = ReadonlyMap<string, Level>;
export const TENANT_KEY = "*";

/** What is stored, read again. What no longer has its form was written by other code: nothing is known of it. */
export function readLevels(stored: Readonly<Record<string, unknown>>): Levels {
  return new Map(
    Object.entries(stored).map(([key, state]) => [key, Level.safeParse(state).data ?? NO_LEVEL]),
  );
}

/** The levels after these outcomes, in their order. */
export function learnAll(levels: Levels, outcomes: readonly PlacedOutcome[]): Levels {
  const after = new Map(levels);
  for (const { capability, segment, ...outcome } of outcomes) {
    for (const key of [TENANT_KEY, capability, segment]) {
      after.set(key, learn(after.get(key) ?? NO_LEVEL, outcome));
    }
  }
  return after;
}
