import type { StepState } from "../machine/index.ts";

/** A step's state: queued, free, untouched, unless told otherwise. */
export function aStepState(overrides: Partial<StepState> = {}): StepState {
  return {
    status: "queued",
    holds: 0,
    epoch: 0,
    failures: 0,
    maxFailures: 3,
    crashes: 0,
    maxCrashes: 3,
    cancelRequested: false,
    ...overrides,
  };
}
