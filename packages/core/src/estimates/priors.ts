import type { StepKind } from "../vocabulary/index.ts";
import { exactly, type Range } from "./range.ts";

/** What is taken for granted of a kind of step before any of them was measured. */
export interface Prior {
  readonly durationMs: Range;
  readonly tokens: Range;
  readonly costUsd: Range;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOTHING = exactly(0);

const takes = (p10: number, p50: number, p90: number): Prior => ({
  durationMs: { p10, p50, p90 },
  tokens: NOTHING,
  costUsd: NOTHING,
});

/**
 * Wide on purpose: nine tenths of one sort of step last a hundred times as long as one tenth of another. The cost of an agent is that of
 * its tokens at 5 US dollars a million.
 */
export const PRIORS: Readonly<Record<StepKind, Prior>> = {
  shell: takes(SECOND, 10 * SECOND, 2 * MINUTE),
  http: takes(0.1 * SECOND, 0.5 * SECOND, 5 * SECOND),
  agent: {
    ...takes(30 * SECOND, 5 * MINUTE, 30 * MINUTE),
    tokens: { p10: 2_000, p50: 20_000, p90: 200_000 },
    costUsd: { p10: 0.01, p50: 0.1, p90: 1 },
  },
  session: {
    ...takes(MINUTE, 15 * MINUTE, 2 * HOUR),
    tokens: { p10: 5_000, p50: 60_000, p90: 800_000 },
    costUsd: { p10: 0.03, p50: 0.3, p90: 4 },
  },
  approval: takes(5 * MINUTE, HOUR, 8 * HOUR),
  wait: takes(MINUTE, 10 * MINUTE, 2 * HOUR),
};
